/** One line of the long run's table. */
export interface Result {
  readonly id: string;
  readonly target: string;
  readonly figure: string;
  readonly verdict: 'reached' | 'failed' | 'not run';
  readonly seconds: number;
}

/** The table that the long run ends with. */
export function tabulate(results: readonly Result[], seed: number): string {
  const header = { id: 'test', target: 'to reach', figure: 'reached', verdict: 'verdict', seconds: 's', seed: 'seed' };
  const rows = results.map((result) => ({ ...result, seconds: result.seconds.toFixed(0), seed: String(seed) }));
  const lines = [header, ...rows].map(({ id, target, figure, verdict, seconds, seed: used }) => `| ${id} | ${target} | ${figure} | ${verdict} | ${seconds} | ${used} |`);
  const counts = (['reached', 'failed', 'not run'] as const).map((verdict) => `${results.filter((each) => each.verdict === verdict).length} ${verdict}`);
  return [lines[0], '| --- | --- | --- | --- | --- | --- |', ...lines.slice(1), '', counts.join(', ')].join('\n');
}
