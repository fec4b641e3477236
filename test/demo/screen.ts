import type { StoredRow } from './rows.ts';

const grey = (text: string): string => `\x1b[90m${text}\x1b[39m`;
const green = (text: string): string => `\x1b[32m${text}\x1b[39m`;
const amber = (text: string): string => `\x1b[33m${text}\x1b[39m`;
const red = (text: string): string => `\x1b[31m${text}\x1b[39m`;

/** What the demo prints: lines that stay, and below them one live line where there is a terminal. */
export class Screen {
  readonly #stream: NodeJS.WriteStream;
  readonly #input: () => string;
  #live = '';

  /** `input`: what the person has typed so far, so that a new line does not swallow it. */
  constructor(stream: NodeJS.WriteStream, input: () => string) {
    this.#stream = stream;
    this.#input = input;
  }

  get terminal(): boolean {
    return this.#stream.isTTY === true;
  }

  print(line = ''): void {
    if (!this.terminal) return void this.#stream.write(`${stripColours(line)}\n`);
    this.#stream.write(`\r\x1b[2K${line}\n`);
    this.#draw();
  }

  show(live: string): void {
    this.#live = live;
    if (this.terminal) this.#draw();
  }

  row(row: StoredRow, verdict: 'equal' | 'different' | 'unknown'): void {
    const time = row.timestamp.toISOString().slice(11, 23);
    const words = { equal: green('= the simulator\u2019s book'), different: red('differs from the simulator\u2019s book'), unknown: grey('book not compared') };
    const sums = [['delta', row.delta, 2], ['gamma', row.gamma, 3], ['vega', row.vega, 2], ['theta', row.theta, 2], ['underlying', row.underlying_price, 2]] as const;
    const text = sums.map(([name, value, digits]) => `${grey(name)} ${value === null ? '-' : value.toFixed(digits)}`).join('  ');
    this.print(`${green('row')} ${String(row.id).padStart(4)}  ${time}  ${text}  ${words[verdict]}`);
  }

  event(message: string, severity: string): void {
    const paint = severity === 'error' ? red : severity === 'warn' ? amber : grey;
    this.print(`${paint(severity.padEnd(5))} ${new Date().toISOString().slice(11, 19)}  ${message}`);
  }

  #draw(): void {
    const columns = this.#stream.columns ?? 120;
    const text = `${this.#live}  > ${this.#input()}`;
    this.#stream.write(`\r\x1b[2K${text.length > columns - 1 ? `> ${this.#input()}`.slice(0, columns - 1) : text}`);
  }
}

function stripColours(line: string): string {
  return line.replaceAll(/\x1b\[\d+m/g, '');
}
