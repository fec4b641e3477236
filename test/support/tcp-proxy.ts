import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

export type Direction = 'to-server' | 'to-client';

/** One accepted connection and its way on; bytes of a dead direction vanish as on a cut cable. */
interface Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly dead: Set<Direction>;
}

/** A wire between a client and a server on loopback that can be cut, slowed and mended. */
export class TcpProxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #links = new Set<Link>();
  #listener: Server | undefined;
  #port = 0;
  #blackhole: readonly Direction[] = [];
  /** Connections accepted since the start. */
  accepted = 0;
  /** Each chunk arrives so much later, in order, in either direction. */
  delayMs = 0;
  /** In either direction; 0: as fast as it goes. */
  bytesPerSecond = 0;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
  }

  static async open(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await proxy.accept();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Connections from clients that are open now. */
  get openConnections(): number {
    return this.#links.size;
  }

  /** Nobody listens any more; what is connected stays. */
  async refuse(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.close();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Listens again on the same port. */
  async accept(): Promise<void> {
    if (this.#listener !== undefined) return;
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#link(client));
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#listener = listener;
    this.#port = (listener.address() as AddressInfo).port;
  }

  /** Ends every connection with a TCP reset. */
  reset(): void {
    for (const link of [...this.#links]) {
      link.client.resetAndDestroy();
      link.server.resetAndDestroy();
    }
  }

  /** Bytes of these directions vanish, of present and of new connections; nothing is closed. */
  blackhole(...directions: readonly Direction[]): void {
    this.#blackhole = directions;
    for (const link of this.#links) for (const direction of directions) link.dead.add(direction);
  }

  /** New connections work again; those that were cut stay dead, as after a change of network. */
  heal(): void {
    this.#blackhole = [];
    this.delayMs = 0;
    this.bytesPerSecond = 0;
  }

  async close(): Promise<void> {
    await this.refuse();
    for (const link of [...this.#links]) {
      link.client.destroy();
      link.server.destroy();
    }
  }

  #link(client: Socket): void {
    this.accepted += 1;
    if (this.#blackhole.length > 0) return this.#swallow(client);
    const server = connect({ ...this.#target, allowHalfOpen: true, noDelay: true });
    const link: Link = { client, server, dead: new Set(this.#blackhole) };
    this.#links.add(link);
    this.#forward(link, client, server, 'to-server');
    this.#forward(link, server, client, 'to-client');
    client.once('close', () => this.#links.delete(link));
  }

  /** Over a cut wire nobody gets through to the server: the client waits, and hears nothing. */
  #swallow(client: Socket): void {
    client.resume();
    client.on('error', () => undefined); // It gave up.
    client.on('end', () => client.destroy());
  }

  #forward(link: Link, from: Socket, to: Socket, direction: Direction): void {
    let freeAt = 0;
    /** Calls `pass` when everything before has passed and the line's delay is over. */
    const later = (bytes: number, pass: () => void): void => {
      const now = performance.now();
      const transmission = this.bytesPerSecond > 0 ? (bytes / this.bytesPerSecond) * 1_000 : 0;
      freeAt = Math.max(now + this.delayMs, freeAt) + transmission;
      if (freeAt <= now) pass();
      else setTimeout(pass, freeAt - now);
    };
    const alive = (): boolean => !link.dead.has(direction);
    from.on('data', (chunk: Buffer) => {
      for (let start = 0; start < chunk.length; start += CHUNK_BYTES) {
        const part = chunk.subarray(start, start + CHUNK_BYTES);
        later(part.length, () => alive() && !to.destroyed && to.write(part));
      }
    });
    from.on('end', () => later(0, () => alive() && !to.destroyed && to.end()));
    from.on('error', () => later(0, () => alive() && to.destroy()));
    from.on('close', () => later(0, () => alive() && to.destroy()));
  }
}

/** A slow line delivers a large write bit by bit. */
const CHUNK_BYTES = 1_460;
