import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What a process uses at one instant. */
export interface Usage {
  readonly residentBytes: number;
  /** Since it started, user and system. */
  readonly processorMs: number;
}

/** Reads a process's usage: /proc on Linux, `ps` elsewhere (macOS). Throws when there is no such process. */
export function readUsage(pid: number): Usage {
  return process.platform === 'linux' ? readProc(pid) : readPs(pid);
}

function readProc(pid: number): Usage {
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  // The second field is the program's name in parentheses and may hold spaces; utime and stime are the 14th and 15th, in ticks of 10 ms.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return { residentBytes: kilobytes * 1_024, processorMs: (Number(fields[11]) + Number(fields[12])) * 10 };
}

function readPs(pid: number): Usage {
  const [kilobytes, time] = execFileSync('ps', ['-o', 'rss=,time=', '-p', String(pid)]).toString().trim().split(/\s+/);
  return { residentBytes: Number(kilobytes) * 1_024, processorMs: parseProcessorTime(time ?? '') };
}

/** "1:02.34" (macOS), "00:01:02", "2-00:01:02" in milliseconds. */
export function parseProcessorTime(text: string): number {
  const [days, clock] = text.includes('-') ? text.split('-') : ['0', text];
  const seconds = (clock ?? '').split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return Math.round((Number(days) * 86_400 + seconds) * 1_000);
}
