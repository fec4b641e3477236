/** What no field of a step can show. */
export function StepProblemText({ texts }: { readonly texts: readonly (string | null)[] }) {
  const told = texts.filter((text) => text !== null);
  if (told.length === 0) return null;
  return (
    <p className="tone-problem" role="alert">
      {told.join(' ')}
    </p>
  );
}
