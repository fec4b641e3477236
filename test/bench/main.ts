import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureCycle } from './cycle.ts';
import { measureDaemon } from './daemon.ts';
import { measureDecoding } from './decoding.ts';
import { measureDrain } from './drain.ts';
import { fullEffort, quickEffort, type Effort, type Part } from './figure.ts';
import { measureFirstRow } from './first-row.ts';
import { measurePortal } from './portal.ts';
import { createReport, tabulate } from './report.ts';
import { measureWindow } from './window.ts';

const usage = `usage: npm run bench -- [options] [part ...]

  part         cycle, decoding, drain, daemon, first-row, portal, window; all of them when none is named
  --quick      a short run that shows that everything works; its figures are no verdict
  --json FILE  writes the JSON there and not to standard output
  --help       this text`;

const measurements: Readonly<Record<string, (effort: Effort) => Promise<Part>>> = {
  cycle: measureCycle,
  decoding: measureDecoding,
  drain: measureDrain,
  daemon: measureDaemon,
  'first-row': measureFirstRow,
  portal: measurePortal,
  window: measureWindow,
};

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' }, help: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => measurements[name] === undefined);
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`no such part: ${unknown.join(', ')}\n`);
  console.log(usage);
  process.exitCode = unknown.length > 0 ? 2 : 0;
} else {
  await run(positionals.length > 0 ? positionals : Object.keys(measurements), values.quick ? quickEffort : fullEffort, values.json);
}

/** One part after the other: together they would measure each other. */
async function run(names: readonly string[], effort: Effort, jsonPath: string | undefined): Promise<void> {
  const parts: Part[] = [];
  for (const name of names) {
    console.error(`measuring ${name} ...`);
    const part = await measurements[name]?.(effort);
    if (part !== undefined) parts.push(part);
  }
  const report = createReport(effort, parts);
  const json = JSON.stringify(report, null, 2);
  console.log(tabulate(report));
  if (jsonPath === undefined) console.log(`\n${json}`);
  else writeFileSync(jsonPath, `${json}\n`);
}
