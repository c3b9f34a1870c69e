// A connection that still has to connect, as `net.connect` returns one. For libraries that make their connections
// themselves.

import { addAbortSignal } from "node:stream";
import { type DuplexOptions, StreamConnection } from "./stream-connection.ts";
import { checkSource, openFrom, type StreamSource } from "./source.ts";

/** Options of {@link createConnection}. */
export interface ConnectionOptions extends DuplexOptions {
  /**
   * Milliseconds without a byte before `timeout` is emitted, as for {@link StreamConnection.setTimeout}. Default: 0,
   * never.
   */
  readonly timeout?: number | undefined;
  /** Destroys the connection when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Returns a connection over a stream that `source` opens, as `net.connect` returns one to a server. Use it for the
 * option of a library that takes a socket, or a function that makes one.
 *
 * The connection connects by itself, a moment after the call. It then emits `connect` and `ready`. If there is no
 * session, or the session can open no more streams, it emits `error` with the code ECONNREFUSED and then `close`. You
 * may write to it at once. Later it behaves like {@link toDuplex}: its error is ECONNREFUSED if the peer refuses the
 * stream, or else ECONNRESET, EPIPE or ETIMEDOUT.
 *
 * @throws {TypeError} if `source` is no {@link StreamSource}.
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
  /** Tells Node that there will be no stream. Only set while there is none. */
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
   * For libraries that are given a socket and connect it: this one connects by itself. If `connect` has already been
   * emitted, it is emitted once more. The arguments are those of a socket's `connect`; only a function among them has
   * an effect: it listens once.
   */
  connect(...args: unknown[]): this {
    const listener = args.find((arg) => typeof arg === "function");
    if (listener !== undefined) this.once("connect", listener as () => void);
    if (!this.pending) process.nextTick(() => this.#tell());
    return this;
  }

  /** @internal Node keeps the written bytes until `callback` is called. */
  override _construct(callback: (error?: Error | null) => void): void {
    if (this.destroyed) return void setImmediate(callback);
    this.#giveUp = callback;
    const done = (error?: Error): boolean => {
      if (this.#giveUp === undefined) return false;
      this.#giveUp = undefined;
      callback(error);
      return error === undefined;
    };
    // Wait first, so that the program gets the connection and can listen to its events.
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

  /** @internal A connection that is still connecting has nothing to wait for. */
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
