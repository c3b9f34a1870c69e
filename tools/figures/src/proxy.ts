// A TCP proxy in a process of its own. It passes everything on after a delay, as a long route does. live.ts starts it,
// with the port to connect to and the delay as arguments.

import * as net from "node:net";

/** Bytes held in one direction. Beyond this the proxy stops reading. It is more than any window of the sessions. */
const MOST_HELD = 64 * 1024 * 1024;

/** One direction. Each chunk, and the end after the last one, leaves `delay` milliseconds after it arrived. */
class DelayedDirection {
  readonly #from: net.Socket;
  readonly #to: net.Socket;
  readonly #queue: { readonly due: number; readonly chunk: Buffer | undefined }[] = [];
  #held = 0;

  constructor(from: net.Socket, to: net.Socket, delay: number) {
    this.#from = from;
    this.#to = to;
    from.on("data", (chunk) => this.#hold(chunk, delay));
    from.on("end", () => this.#hold(undefined, delay));
    from.on("error", () => to.destroy());
  }

  #hold(chunk: Buffer | undefined, delay: number): void {
    this.#queue.push({ due: performance.now() + delay, chunk });
    this.#held += chunk?.length ?? 0;
    if (this.#held > MOST_HELD) this.#from.pause();
    if (this.#queue.length === 1) setTimeout(() => this.#pass(), delay);
  }

  #pass(): void {
    const now = performance.now();
    let next = this.#queue[0];
    while (next !== undefined && next.due <= now) {
      if (next.chunk === undefined) this.#to.end();
      else this.#to.write(next.chunk);
      this.#held -= next.chunk?.length ?? 0;
      this.#queue.shift();
      next = this.#queue[0];
    }
    if (this.#held <= MOST_HELD) this.#from.resume();
    if (next !== undefined) setTimeout(() => this.#pass(), next.due - now);
  }
}

const [port, delay] = process.argv.slice(2).map(Number) as [number, number];
const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
  const far = net.connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  new DelayedDirection(near, far, delay);
  new DelayedDirection(far, near, delay);
});
server.listen(0, "127.0.0.1", () => process.send!((server.address() as net.AddressInfo).port));
process.on("disconnect", () => process.exit());
