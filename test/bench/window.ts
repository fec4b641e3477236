import { loadavg } from 'node:os';
import { chromiumPath } from '../renderer/stage.ts';
import { figure, type Effort, type Figure, type Part } from './figure.ts';
import { quantile } from './statistics.ts';
import { measureHidden } from './window-hidden.ts';
import { measureOpening } from './window-opening.ts';
import { UpdatingWindow, type UpdateWork } from './window-updates.ts';

const MAX_UPDATE_MS = 4;
const WARM_UP_UPDATES = 40;
const IDLE_UPDATES = 40;

/** The window in real Chromium: its work for each update, its opening over a month of history, and what it costs while hidden. */
export async function measureWindow(effort: Effort): Promise<Part> {
  const title = `Window at ${effort.legs} legs`;
  const executablePath = chromiumPath();
  if (executablePath === undefined) return { title, figures: [], remarks: ['not measured: no Chromium'] };
  const load = (): string => loadavg()[0]?.toFixed(1) ?? '?';
  const loads = [load()];
  const figures: Figure[] = [];
  for (const measure of [measureUpdates, measureOpening, measureHidden]) {
    figures.push(...(await measure(executablePath, effort)));
    loads.push(load());
  }
  return {
    title,
    figures,
    remarks: [
      `load of the machine before, between and after updates, opening and hidden: ${loads.join(', ')}`,
      "updates: four a second on the real clock; main-thread processor time of everything between one and the next (script, style, layout, paint), less that of updates which nobody hears",
    ],
  };
}

async function measureUpdates(executablePath: string, { legs, updates }: Effort): Promise<readonly Figure[]> {
  await using window = await UpdatingWindow.open(executablePath, legs, WARM_UP_UPDATES + updates + IDLE_UPDATES);
  await window.run(WARM_UP_UPDATES, true);
  const works = await window.run(updates, true);
  // At the end: a window that has been idle for ten seconds has V8 collect everything, and then two histories to catch up on.
  const floor = quantile((await window.run(IDLE_UPDATES, false)).map(({ task }) => task), 0.5);
  const all = works.map(({ task }) => task - floor);
  const p95 = quantile(all, 0.95);
  const mean = (kind: 'task' | 'script' | 'layout' | 'style'): number => works.reduce((sum, work) => sum + work[kind], 0) / works.length;
  const parts = (['script', 'layout', 'style'] as const).map((kind) => `${kind} ${mean(kind).toFixed(2)} ms`).join(', ');
  return [
    figure('p95 of the main thread\u2019s work per update', p95, 'ms', {
      target: `under ${MAX_UPDATE_MS} ms`,
      reached: p95 < MAX_UPDATE_MS,
      note: `mean ${(mean('task') - floor).toFixed(2)} ms, of it ${parts}, the rest paint and scheduling; taken off ${floor.toFixed(2)} ms`,
    }),
    figure('median of it', quantile(all, 0.5), 'ms'),
    ...kinds.map(([kind, words]) => figureOfKind(works.filter((work) => work.kind === kind), words, floor)),
  ];
}

const kinds = [
  ['numbers', 'p95, numbers only'],
  ['legs', 'p95, with the legs (each second)'],
  ['row', 'p95, with a row (every 5 s)'],
  ['chart', 'p95, with the history of that row'],
] as const satisfies readonly (readonly [UpdateWork['kind'], string])[];

function figureOfKind(works: readonly UpdateWork[], name: string, floor: number): Figure {
  const tasks = works.map(({ task }) => task - floor);
  return figure(name, quantile(tasks, 0.95), 'ms', { note: `${works.length} updates, median ${quantile(tasks, 0.5).toFixed(2)} ms` });
}
