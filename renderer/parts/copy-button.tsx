import { useEffect, useState } from 'react';

/** Copies a text that is made when asked for, and says so in its own label for two seconds. */
export function CopyButton({ label, done, text, disabled = false, small = false }: {
  readonly label: string;
  readonly done: string;
  readonly text: () => string;
  readonly disabled?: boolean;
  readonly small?: boolean;
}) {
  const [outcome, setOutcome] = useState<'copied' | 'failed' | null>(null);
  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => setOutcome(null), 2000);
    return () => clearTimeout(timer);
  }, [outcome]);
  const told = outcome === null ? '' : outcome === 'copied' ? done : 'Could not copy';
  return (
    <>
      <button
        type="button"
        className={small ? 'button small' : 'button'}
        disabled={disabled}
        onClick={() => void copyText(text()).then((copied) => setOutcome(copied ? 'copied' : 'failed'))}
      >
        {told === '' ? label : told}
      </button>
      <span role="status" className="off-screen">
        {told}
      </span>
    </>
  );
}

/** The old way works where the host denies the clipboard permission: a copy that follows a click needs none. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'off-screen';
    // Inside an open dialog: everything outside of it is inert and cannot be selected.
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    return copied;
  }
}
