// A connection that is still to be made, as `net.connect` has it: for libraries that make their connections themselves.

import { addAbortSignal } from "node:stream";
import { type DuplexOptions, StreamConnection } from "./stream-connection.ts";
import { checkSource, openFrom, type StreamSource } from "./source.ts";

/** Options of {@link createConnection}. */
export interface ConnectionOptions extends DuplexOptions {
  /** Milliseconds without a byte until `timeout`, as of {@link StreamConnection.setTimeout}. Default: 0, never. */
  readonly timeout?: number | undefined;
  /** Destroys the connection when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A connection whose stream `source` opens, as `net.connect` makes one to a server: for the option of a library that
 * takes a socket, or a function that makes one.
 *
 * It connects by itself, a moment after the call, and emits `connect` and `ready`; or `error` with the code
 * ECONNREFUSED and then `close`, if there is no session, or the session takes no more streams. It may be written to at
 * once. Later it behaves as {@link toDuplex} says: ECONNREFUSED again if the peer turns the stream away, ECONNRESET, EPIPE
 * and ETIMEDOUT.
 *
 * @throws {TypeError} if `source` is none.
 */
export function createConnection(
  source: StreamSource,
  options: ConnectionOptions = {},
): StreamSocket {
  return new StreamSocket(checkSource(source), options);
}

/** A connection over a stream. Made by {@link createConnection}. */
export class StreamSocket extends StreamConnection {
  readonly #source: StreamSource;
  /** Tells Node that there will be no stream, while there is none. */
  #giveUp: (() => void) | undefined;

  /** @internal */
  constructor(source: StreamSource, options: ConnectionOptions) {
    super(options);
    this.#source = source;
    const { timeout, signal } = options;
    if (timeout !== undefined) this.setTimeout(timeout);
    if (signal !== undefined) addAbortSignal(signal, this);
  }

  /**
   * For libraries that are given a socket and connect it: it does so by itself. `connect` is emitted once more if it has
   * been already. Arguments are those of a socket's; only a function among them counts, which listens once.
   */
  connect(...args: unknown[]): this {
    const listener = args.find((arg) => typeof arg === "function");
    if (listener !== undefined) this.once("connect", listener as () => void);
    if (!this.pending) process.nextTick(() => this.#tell());
    return this;
  }

  /** @internal Node keeps what is written until `callback` is called. */
  override _construct(callback: (error?: Error | null) => void): void {
    if (this.destroyed) return void setImmediate(callback);
    this.#giveUp = callback;
    const done = (error?: Error): boolean => {
      if (this.#giveUp === undefined) return false;
      this.#giveUp = undefined;
      callback(error);
      return error === undefined;
    };
    // Not before the program, which has yet to get it, listens to its events.
    setImmediate(() => {
      if (this.#giveUp === undefined) return;
      openFrom(
        this.#source,
        (stream) => {
          if (this.#giveUp === undefined) return stream.reset();
          try {
            this.carryBy(stream);
          } catch (error) {
            return done(error as Error);
          }
          if (done()) this.#tell();
        },
        done,
      );
    });
  }

  /** @internal One that is still connecting has nothing to wait for. */
  override destroy(error?: Error): this {
    super.destroy(error);
    const giveUp = this.#giveUp;
    this.#giveUp = undefined;
    giveUp?.();
    return this;
  }

  #tell(): void {
    if (this.destroyed) return;
    this.emit("connect");
    this.emit("ready");
  }
}
