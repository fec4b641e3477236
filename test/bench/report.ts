import { arch, cpus, platform, release } from 'node:os';
import type { Effort, Figure, Part } from './figure.ts';

/** The JSON of a run. */
export interface Report {
  readonly at: string;
  readonly machine: { readonly system: string; readonly processor: string; readonly cores: number; readonly node: string };
  readonly effort: Effort;
  readonly parts: readonly Part[];
}

export function createReport(effort: Effort, parts: readonly Part[]): Report {
  const processors = cpus();
  const machine = { system: `${platform()} ${release()} ${arch()}`, processor: processors[0]?.model ?? 'unknown', cores: processors.length, node: process.version };
  return { at: new Date().toISOString(), machine, effort, parts };
}

const HEAD = ['figure', 'measured', 'floor of the same run', 'ratio', 'target', ''] as const;

/** The report for people: one table for each part, remarks below it. */
export function tabulate({ machine, parts }: Report): string {
  const rows = parts.map((part) => part.figures.map(cellsOf));
  const widths = HEAD.map((head, column) => Math.max(head.length, ...rows.flat().map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd();
  const blocks = parts.map(({ title, figures, remarks }, index) => {
    const notes = figures.filter(({ note }) => note !== '').map(({ name, note }) => `  ${name}: ${note}`);
    return [title, line(HEAD), ...(rows[index] ?? []).map(line), ...notes, ...remarks.map((remark) => `  ${remark}`)].join('\n');
  });
  return [`${machine.processor}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}`, ...blocks].join('\n\n');
}

function cellsOf({ name, value, unit, floor, target, reached }: Figure): readonly string[] {
  const compared = floor === null ? '' : `${amount(floor.value)} ${unit} (${floor.name})`;
  const verdict = reached === null ? '' : reached ? 'reached' : 'MISSED';
  return [name, `${amount(value)} ${unit}`, compared, floor === null ? '' : floor.ratio.toFixed(2), target ?? '', verdict];
}

/** Three digits that count, thousands separated. */
function amount(value: number): string {
  return value.toLocaleString('en-US', Math.abs(value) >= 1_000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 });
}
