// TO BE REPLACED by `createConnection` and `StreamSource` of "@muxado/node", once they are there: a Duplex that behaves as a
// socket that is connecting. It has just what the recipes need.

import { Duplex } from "node:stream";
import { type OpenerSource, type StreamDuplex, toDuplex } from "@muxado/node";

/** What opens streams: a session, or what finds the present one. */
export type StreamSource = OpenerSource;

type Callback = (error?: Error | null) => void;

/** A connection through `source`, as `net.connect` makes one. */
export function createConnection(
  source: StreamSource,
  options: { readonly allowHalfOpen?: boolean } = {},
): Connection {
  return new Connection(source, options.allowHalfOpen ?? false);
}

/** What {@link createConnection} makes. */
export class Connection extends Duplex {
  connecting = true;
  #inner: StreamDuplex | undefined;
  #waiting: Callback | undefined;

  constructor(source: StreamSource, allowHalfOpen: boolean) {
    super({ allowHalfOpen });
    setImmediate(() => void this.#open(source));
  }

  connect(): this {
    return this;
  }

  setTimeout(milliseconds: number, callback?: () => void): this {
    if (this.#inner) {
      if (callback && milliseconds > 0) this.once("timeout", callback);
      this.#inner.setTimeout(milliseconds);
    } else if (callback && milliseconds > 0) {
      this.once("timeout", callback);
    }
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  async #open(source: StreamSource): Promise<void> {
    if (this.destroyed) return;
    try {
      const opener = typeof source === "function" ? await source() : source;
      this.#inner = toDuplex(opener.open(), { allowHalfOpen: true });
    } catch (cause) {
      this.destroy(coded("ECONNREFUSED", cause));
      return;
    }
    const inner = this.#inner;
    inner.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) inner.pause();
    });
    inner.on("end", () => this.push(null));
    inner.on("timeout", () => this.emit("timeout"));
    inner.on("error", (cause) => this.destroy(coded("ECONNRESET", cause)));
    inner.on("close", () => this.destroy());
    this.connecting = false;
    this.emit("connect");
    this.emit("ready");
    this.#waiting?.();
  }

  override _read(): void {
    this.#inner?.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: Callback): void {
    if (this.#inner) this.#inner.write(chunk, encoding, callback);
    else this.#waiting = () => this._write(chunk, encoding, callback);
  }

  override _final(callback: Callback): void {
    if (this.#inner) this.#inner.end(callback);
    else this.#waiting = () => this._final(callback);
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#inner?.destroy(error ?? undefined);
    callback(error);
  }
}

function coded(code: string, cause: unknown): Error {
  return Object.assign(new Error(`${code}: ${String(cause)}`, { cause }), { code });
}
