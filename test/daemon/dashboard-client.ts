import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Result, Update } from '../../preload/contract.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A browser of the dashboard as the wire shows it, with headers that a test can spoil. */
export class DashboardClient {
  readonly host: string;
  readonly port: number;
  readonly token: string;

  /** `url`: the line that the daemon prints. */
  constructor(url: string) {
    const { hostname, port, hash } = new URL(url);
    this.host = hostname.replaceAll(/[[\]]/g, '');
    this.port = Number(port);
    this.token = hash.replace('#token=', '');
  }

  get authority(): string {
    return `${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`;
  }

  /** Headers of the page's own fetch. */
  get own(): Record<string, string> {
    return { authorization: `Bearer ${this.token}`, origin: `http://${this.authority}`, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' };
  }

  /** Sends what it is told, nothing added but Host (unless given). */
  send({ method = 'GET', path = '/', headers = {}, body }: Asked): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request({ host: this.host, port: this.port, method, path, headers, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
        response.once('error', reject);
      });
      sent.once('error', reject);
      sent.end(body);
    });
  }

  /** Asks as the page does. */
  async ask(method: string, args: readonly unknown[] = [], headers: Readonly<Record<string, string>> = {}): Promise<Answer & { readonly result: Result<unknown> }> {
    const answer = await this.send({ method: 'POST', path: `/api/${method}`, headers: { ...this.own, ...headers }, body: JSON.stringify({ args }) });
    return { ...answer, result: JSON.parse(answer.text) as Result<unknown> };
  }

  /** Opens the stream of updates; they are kept as they come. */
  follow(): Promise<{ readonly response: IncomingMessage; readonly updates: readonly Update[]; readonly close: () => void }> {
    return new Promise((resolve, reject) => {
      const { 'content-type': _, ...headers } = this.own;
      const sent = request({ host: this.host, port: this.port, path: '/api/updates', headers, agent: false }, (response) => {
        const updates: Update[] = [];
        let buffered = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          const blocks = (buffered + chunk).split('\n\n');
          buffered = blocks.pop() ?? '';
          for (const block of blocks) if (block.startsWith('data: ')) updates.push(JSON.parse(block.slice(6)) as Update);
        });
        response.on('error', () => undefined); // closed by us
        resolve({ response, updates, close: () => sent.destroy() });
      });
      sent.on('error', reject);
      sent.end();
    });
  }
}
