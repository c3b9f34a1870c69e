// A TCP proxy between us and a peer. It can delay both directions, hold one back, add bytes to it, cut the connection,
// and keep all chunks. It knows nothing of frames.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** The side that sent the bytes. */
export type Sender = "us" | "peer";

export interface Chunk {
  readonly from: Sender;
  readonly bytes: Uint8Array;
}

/** A proxy for one connection. */
export class Proxy {
  readonly chunks: Chunk[] = [];
  readonly #server: Server = createServer({ allowHalfOpen: true, noDelay: true });
  readonly #sockets: Set<Socket> = new Set();
  readonly #held: Set<Sender> = new Set();
  readonly #waiting: Record<Sender, Buffer[]> = { us: [], peer: [] };
  readonly #targets: Partial<Record<Sender, Socket>> = {};
  readonly #keepsChunks: boolean;
  readonly #delay: number;

  /** @param options `delay`: milliseconds by which all bytes are delayed in each direction. */
  constructor(options: { readonly keepsChunks?: boolean; readonly delay?: number } = {}) {
    this.#keepsChunks = options.keepsChunks ?? false;
    this.#delay = options.delay ?? 0;
  }

  /** Starts between the side that connects, `dialer`, and the port of the other side. @returns its own port */
  async start(dialer: Sender, port: number): Promise<number> {
    this.#server.once("connection", (near) => {
      const far = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
      this.#forward(dialer, near, far);
      this.#forward(dialer === "us" ? "peer" : "us", far, near);
    });
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on, no bytes of `sender` pass. */
  hold(sender: Sender): void {
    this.#held.add(sender);
  }

  /** Number of chunks of `sender` that are held. */
  held(sender: Sender): number {
    return this.#waiting[sender].length;
  }

  /** Passes the held chunks of `sender` in order. Later chunks pass as before. */
  release(sender: Sender): void {
    this.#held.delete(sender);
    for (const chunk of this.#waiting[sender].splice(0)) this.#pass(sender, chunk);
  }

  /** Sends bytes as if they came from `sender`. The sender must not be in the middle of a frame. */
  inject(sender: Sender, bytes: Uint8Array): void {
    this.#targets[sender]!.write(bytes);
  }

  /** Cuts the connection, and stops the proxy. */
  end(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #forward(sender: Sender, source: Socket, target: Socket): void {
    this.#sockets.add(source);
    this.#targets[sender] = target;
    source
      .on("data", (chunk: Buffer) => this.#later(() => this.#take(sender, chunk)))
      .on("end", () => this.#later(() => target.end()))
      .on("error", () => target.destroy())
      .on("close", () => target.destroySoon());
  }

  /** Timers with the same delay fire in order. */
  #later(action: () => void): void {
    if (this.#delay === 0) action();
    else setTimeout(action, this.#delay);
  }

  #take(sender: Sender, chunk: Buffer): void {
    if (this.#held.has(sender)) this.#waiting[sender].push(chunk);
    else this.#pass(sender, chunk);
  }

  #pass(sender: Sender, chunk: Buffer): void {
    if (this.#keepsChunks) this.chunks.push({ from: sender, bytes: new Uint8Array(chunk) });
    this.#targets[sender]!.write(chunk);
  }
}
