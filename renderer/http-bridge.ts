import { requestMethods, type BridgeApi, type RequestMethod, type Result, type Update } from '../preload/contract.ts';
import type { Link, LinkedBridge } from './live/link.ts';
import { createStore } from './live/store.ts';

const firstRetryMs = 500;
const longestRetryMs = 15_000;
const tokenKey = 'bridge-token';
const refusedText = 'The bridge does not accept this page. Open the address again that the daemon printed when it started.';
const lostText = 'Connection to the bridge lost. It may have been stopped, or this computer was asleep.';

/**
 * The bridge over HTTP for the daemon's dashboard: `POST /api/<method>` with `{ args }` answers a Result, and
 * `GET /api/updates` streams Updates as server-sent events.
 *
 * The token comes once in the address (`#token=...`), moves to the tab's session storage and leaves the address bar.
 * Updates are read with fetch because EventSource cannot send the Authorization header. While the tab is in the background
 * the server is told so (`POST /api/visibility`), and sends nothing.
 */
export function openHttpBridge(): LinkedBridge {
  const token = takeToken();
  const link = createStore<Link>({ kind: 'open' });
  const headers = { authorization: `Bearer ${token ?? ''}` };
  const stream = createUpdateStream(headers, link, (id, shown) => ask('visibility', [id, shown]));

  const ask = async (method: RequestMethod | 'visibility', args: readonly unknown[]): Promise<Result<unknown>> => {
    try {
      const response = await fetch(`/api/${method}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ args }),
      });
      if (isRefusal(response.status)) {
        stream.refuse();
        return { ok: false, message: refusedText };
      }
      const answer: unknown = await response.json();
      return isResult(answer) ? answer : { ok: false, message: `The bridge answered ${method} with something else than a result (${response.status}).` };
    } catch {
      stream.lose();
      return { ok: false, message: lostText };
    }
  };

  const requests = Object.fromEntries(requestMethods.map((method) => [method, (...args: readonly unknown[]) => ask(method, args)]));
  // The methods are built from the contract's own list; their types cannot be carried through Object.fromEntries.
  const api = { ...requests, subscribe: stream.subscribe } as unknown as BridgeApi;
  if (token === null) stream.refuse();
  return { api, link, retry: stream.retry };
}

interface UpdateStream {
  readonly subscribe: BridgeApi['subscribe'];
  /** A request failed: the stream will notice by itself, but perhaps only after minutes. */
  readonly lose: () => void;
  readonly refuse: () => void;
  readonly retry: () => void;
}

function createUpdateStream(headers: Readonly<Record<string, string>>, link: { get(): Link; set(next: Link): void }, tell: TellVisibility): UpdateStream {
  const listeners = new Set<(update: Update) => void>();
  let running: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let retryMs = firstRetryMs;

  const refuse = (): void => {
    clearTimeout(timer);
    running?.abort();
    running = null;
    link.set({ kind: 'refused', reason: refusedText });
  };
  const lose = (): void => {
    const now = link.get();
    // Several requests fail together; one of them is enough to back off.
    if (now.kind === 'refused' || (now.kind === 'lost' && now.retryAt !== null)) return;
    running?.abort();
    running = null;
    clearTimeout(timer);
    if (listeners.size === 0) return link.set({ kind: 'lost', reason: lostText, retryAt: null });
    link.set({ kind: 'lost', reason: lostText, retryAt: Date.now() + retryMs });
    timer = setTimeout(run, retryMs);
    retryMs = Math.min(longestRetryMs, retryMs * 2);
  };
  const run = (): void => {
    clearTimeout(timer);
    if (running !== null || listeners.size === 0 || link.get().kind === 'refused') return;
    const attempt = new AbortController();
    running = attempt;
    if (link.get().kind === 'lost') link.set({ kind: 'lost', reason: lostText, retryAt: null });
    void readUpdates(attempt.signal);
  };
  const readUpdates = async (signal: AbortSignal): Promise<void> => {
    try {
      const response = await fetch('/api/updates', { headers: { ...headers, accept: 'text/event-stream' }, signal, cache: 'no-store' });
      if (isRefusal(response.status)) return refuse();
      if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
      link.set({ kind: 'open' });
      retryMs = firstRetryMs;
      followVisibility(Number(response.headers.get('x-stream')), signal, tell);
      await readEvents(response.body, (update) => listeners.forEach((listener) => listener(update)));
      if (!signal.aborted) lose();
    } catch {
      // Whatever broke it (network, server, a half line): an aborted stream was ended by us, every other one is tried again.
      if (!signal.aborted) lose();
    }
  };

  return {
    subscribe: (listener) => {
      listeners.add(listener);
      run();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        running?.abort();
        running = null;
        clearTimeout(timer);
      };
    },
    lose,
    refuse,
    retry: () => {
      retryMs = firstRetryMs;
      run();
    },
  };
}

type TellVisibility = (stream: number, shown: boolean) => Promise<unknown>;

/** Tells the server when the tab leaves sight and comes back, until `signal`; one at a time, so that the last one counts. */
function followVisibility(stream: number, signal: AbortSignal, tell: TellVisibility): void {
  let told = true;
  let telling = false;
  const follow = async (): Promise<void> => {
    if (telling) return;
    telling = true;
    while (!signal.aborted && told !== isShown()) {
      told = isShown();
      await tell(stream, told);
    }
    telling = false;
  };
  document.addEventListener('visibilitychange', () => void follow(), { signal });
  void follow();
}

function isShown(): boolean {
  return document.visibilityState === 'visible';
}

/** Reads server-sent events: the `data:` lines of a block, joined, are one JSON Update. Comments keep the line open. */
async function readEvents(body: ReadableStream<Uint8Array>, tell: (update: Update) => void): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let buffered = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    buffered += value.replaceAll('\r\n', '\n');
    const blocks = buffered.split('\n\n');
    buffered = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = block
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).trimStart())
        .join('\n');
      if (data !== '') tell(JSON.parse(data) as Update);
    }
  }
}

function takeToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return sessionStorage.getItem(tokenKey);
  sessionStorage.setItem(tokenKey, token);
  // Out of the address bar and the history, where it would be copied and synchronised.
  history.replaceState(null, '', location.pathname + location.search);
  return token;
}

function isRefusal(status: number): boolean {
  return status === 401 || status === 403;
}

function isResult(value: unknown): value is Result<unknown> {
  return typeof value === 'object' && value !== null && 'ok' in value && typeof value.ok === 'boolean';
}
