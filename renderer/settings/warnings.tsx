/** What a person should know about the settings: a broken settings file that was kept aside. */
export function Warnings({ warnings }: { readonly warnings: readonly string[] }) {
  return warnings.map((warning) => (
    <p key={warning} className="callout callout-attention">
      {warning}
    </p>
  ));
}
