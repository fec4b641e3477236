/** A choice of one among a few, as a row of buttons of which one is pressed. */
export function Segmented<T extends string>({ label, options, value, onChange }: {
  readonly label: string;
  readonly options: readonly { readonly value: T; readonly label: string; readonly name?: string }[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}) {
  return (
    <div className="segmented" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          {...(option.name === undefined ? {} : { 'aria-label': option.name })}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
