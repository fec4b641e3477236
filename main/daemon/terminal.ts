/** Where the daemon writes: a live line that overwrites itself below scrolling log lines, or plain lines when it is no terminal. */
export class Terminal {
  readonly #stream: NodeJS.WriteStream;
  #line = '';

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    // A terminal that was closed: the daemon goes on without it, and telling of it there would be the next error.
    stream.on('error', () => undefined);
  }

  get live(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number {
    return this.#stream.columns ?? 120;
  }

  /** Shows `line` in place of the one before; nothing where nobody can watch. */
  show(line: string): void {
    if (!this.live || line === this.#line) return;
    this.#line = line;
    this.#stream.write(`\r\x1b[2K${line}`);
  }

  /** Writes a line that stays, above the live one. */
  print(line: string): void {
    this.#stream.write(this.live ? `\r\x1b[2K${line}\n${this.#line}` : `${line}\n`);
  }

  /** Leaves the last live line standing. */
  end(): void {
    if (this.live && this.#line !== '') this.#stream.write('\n');
    this.#line = '';
  }
}
