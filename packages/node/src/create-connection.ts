// A connection that connects after it was returned, like that of `net.connect`. Libraries that make their connections
// themselves need this.

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
 * Returns a connection over a stream that `source` opens, as `net.connect` returns a connection to a server. Use it for
 * the option of a library that takes a socket, or a function that makes a socket.
 *
 * The connection connects by itself, soon after the call. It then emits `connect` and `ready`. If there is no session,
 * or the session can open no more streams, it emits `error` with the code ECONNREFUSED and then `close`. You may write
 * to it at once. Later it behaves like the Duplex of {@link toDuplex}. Its error is ECONNREFUSED if the peer refuses
 * the stream, and otherwise ECONNRESET, EPIPE or ETIMEDOUT.
 *
 * @throws {TypeError} if `source` is not a {@link StreamSource}.
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
  /** Tells Node that there will be no stream. Set only while the connection waits for its stream. */
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
   * Does not connect, because this connection connects by itself. It exists for libraries that are given a socket and
   * connect it. If `connect` has already been emitted, it is emitted once more. The arguments are those of a socket's
   * `connect`. A function among them is called at the next `connect`; the others have no effect.
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
    // Waits first, so that the program can get the connection and listen to its events.
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

  /** @internal If the connection waits for its stream, stops waiting at once. */
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
