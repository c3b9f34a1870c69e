// A session whose streams carry a type, and the class of these streams. The type says which protocol the stream
// carries. The session writes the types of streams that it opens, and reads the types of streams that the peer opens.
// It gives a stream to the code that has claimed its type, or to `accept`. The two classes refer to each other, so they
// share a file. Spec §9.1.

import {
  type CloseOptions,
  flushInNextTask,
  type GoAwayCode,
  type MuxadoError,
  type PeerGoAway,
  type Priority,
  type ResetCode,
  type Role,
  type Session,
  type SessionEnd,
  type SessionState,
  type SessionStats,
  type Stream,
  type StreamEnd,
  type StreamObserver,
  type StreamStats,
  systemClock,
  type WaitOptions,
} from "@muxado/core";
import { AcceptIterator, AcceptQueue, checkNumber, reportThrown } from "@muxado/core/layers";
import type { TypedOpenOptions, TypedOptions } from "./options.ts";
import { checkRoutes, serve } from "./router.ts";
import { MAX_TYPE, prefixOf, TypeReader } from "./type-prefix.ts";

/** Does the work of one stream. The handler owns the stream, so it must also end it. */
export type StreamHandler = (stream: TypedStream) => void | Promise<void>;

/** A handler for each type of streams. Several sessions may use the same table. */
export type Routes = Readonly<Record<number, StreamHandler>>;

/** Options of {@link TypedSession.serve}. */
export interface ServeOptions {
  /** Serves streams of all other types. Default: resets them with STREAM_REFUSED. */
  readonly otherwise?: StreamHandler | undefined;
  /**
   * Called with the error that a handler threw or rejected with, after its stream was reset with INTERNAL_ERROR.
   * Default: prints the error with `console.error`. It does not print the stream's own error, which the peer or the
   * session has caused.
   */
  readonly onError?: ((error: unknown, stream: TypedStream) => void) | undefined;
  /** Stops serving when it aborts. Streams that are being served continue, and new streams wait for `accept`. */
  readonly signal?: AbortSignal | undefined;
}

/** Sessions that have a wrapper. With two wrappers, each stream of the peer would go to one of them at random. */
const wrapped: WeakSet<Session> = /* @__PURE__ */ new WeakSet();

/**
 * A `Session` whose streams carry a type. Both sides must use it. It can be used in place of a Session.
 *
 * It accepts the streams of the session that it wraps. So do not call `accept` of that session any more.
 */
export class TypedSession implements Session, AsyncIterable<TypedStream> {
  readonly #session: Session;
  readonly #defaultType: number;
  readonly #types: TypeReader;
  readonly #accepted: AcceptQueue<TypedStream>;
  /** The handlers of claimed types. Streams of these types do not go to `accept`. */
  readonly #claims: Map<number, (stream: TypedStream) => void> = new Map();

  /**
   * Wraps `session`, on any transport and wire. The peer must also wrap its session.
   *
   * @throws {RangeError} if an option is out of range; the message names the option.
   * @throws {TypeError} if the session already has a wrapper.
   */
  constructor(session: Session, options: TypedOptions = {}) {
    if (wrapped.has(session))
      throw new TypeError("the session already has a TypedSession around it");
    const { defaultType = 0, acceptBacklog = 128 } = options;
    const { acceptTimeout = 60_000, typeTimeout = 10_000, clock = systemClock } = options;
    this.#session = session;
    this.#defaultType = checkNumber("defaultType", defaultType, 0, MAX_TYPE);
    this.#accepted = new AcceptQueue({
      backlog: checkNumber("acceptBacklog", acceptBacklog, 1, Infinity),
      timeout: checkNumber("acceptTimeout", acceptTimeout, 0, Infinity),
      clock,
      schedule: flushInNextTask,
      refuse: (stream, code) => stream.refuse(code),
    });
    this.#types = new TypeReader({
      clock,
      timeout: checkNumber("typeTimeout", typeTimeout, 0, Infinity),
      backlog: acceptBacklog,
      onTyped: (stream, type) => this.#deliver(new TypedStream(this, stream, type)),
      onRefused: options.onRefused,
    });
    wrapped.add(session);
    void this.#receive();
  }

  /** Which side of the session this is. */
  get role(): Role {
    return this.#session.role;
  }

  /** Like `Session.state`. */
  get state(): SessionState {
    return this.#session.state;
  }

  /** Like `Session.draining`. */
  get draining(): Promise<PeerGoAway> {
    return this.#session.draining;
  }

  /** Like `Session.closed`. */
  get closed(): Promise<SessionEnd> {
    return this.#session.closed;
  }

  /**
   * Opens a stream. Its type and its SYN leave in one frame.
   *
   * @throws {RangeError} if the type is not a u32.
   * @throws the errors of `Session.open`.
   */
  open(options?: TypedOpenOptions): TypedStream {
    // The type is an option of this layer only. The wrapped session must not get it, because it may itself be a
    // TypedSession.
    const { type = this.#defaultType, ...rest } = options ?? {};
    checkNumber("type", type, 0, MAX_TYPE);
    const stream = this.#session.open(rest);
    // The promise needs no handler: it rejects only if the stream fails, and the stream reports its error itself.
    void stream.write(prefixOf(type));
    return new TypedStream(this, stream, type);
  }

  /**
   * Like `Session.accept`. Resolves with the next stream of the peer whose type has arrived, without streams of a
   * claimed type.
   */
  accept(options?: WaitOptions): Promise<TypedStream> {
    return this.#accepted.accept(options?.signal);
  }

  /** Accepts streams until the session has ended, for any reason. Leaving the loop does not end the session. */
  [Symbol.asyncIterator](): AsyncIterableIterator<TypedStream> {
    return new AcceptIterator(() => this.#accepted.next());
  }

  /**
   * Accepts streams and gives each to the handler of its type, all in parallel, until the session is over or the signal
   * aborts. If a handler fails, its stream is reset with INTERNAL_ERROR. Never rejects.
   *
   * @throws {RangeError | TypeError} at once, if the type of a route is not a u32 or its handler is not a function; the
   * message names the route.
   */
  serve(routes: Routes, options: ServeOptions = {}): Promise<void> {
    checkRoutes(routes);
    return serve(this, routes, options);
  }

  /**
   * Gives the streams of one type to `handler` instead of `accept` and `serve`. This is for layers, such as a
   * heartbeat, that must get their streams even if the application does not accept any. `handler` is called while input
   * is handled. For streams that already wait, it is called now. An error that it throws is reported as an uncaught
   * exception. If `handler` is undefined, the streams of the type go to `accept` again.
   *
   * @throws {RangeError} if the type is not a u32.
   * @throws {TypeError} if the type is already claimed.
   */
  claim(type: number, handler: ((stream: TypedStream) => void) | undefined): void {
    checkNumber("type", type, 0, MAX_TYPE);
    if (handler === undefined) {
      this.#claims.delete(type);
      return;
    }
    if (this.#claims.has(type)) throw new TypeError(`type ${type} is taken already`);
    this.#claims.set(type, handler);
    for (const stream of this.#accepted.take((waiting) => waiting.type === type)) {
      this.#deliver(stream);
    }
  }

  /** Like `Session.close`. */
  close(options?: CloseOptions): Promise<void> {
    return this.#session.close(options);
  }

  /** Like `Session.destroy`. */
  destroy(error?: unknown): void {
    this.#session.destroy(error);
  }

  /** Like `Session.goAway`. */
  goAway(code?: GoAwayCode, debug?: string | Uint8Array): void {
    this.#session.goAway(code, debug);
  }

  /** Like `Session.stats`, with this session's own `waitingForAccept`. */
  stats(): SessionStats {
    return { ...this.#session.stats(), waitingForAccept: this.#accepted.length };
  }

  /** Like `Session.reportRoundTrip`. */
  reportRoundTrip(milliseconds: number): void {
    this.#session.reportRoundTrip(milliseconds);
  }

  /** Like `Session.ping`. */
  ping(options?: WaitOptions): Promise<number> {
    return this.#session.ping(options);
  }

  /** Calls {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #receive(): Promise<void> {
    for (;;) {
      let stream: Stream;
      try {
        stream = await this.#session.accept();
      } catch (error) {
        this.#types.end();
        this.#accepted.end(() => error);
        return;
      }
      this.#types.read(stream);
    }
  }

  #deliver(stream: TypedStream): void {
    const claim = this.#claims.get(stream.type);
    if (claim === undefined) {
      if (this.#accepted.full) return stream.refuse("ACCEPT_QUEUE_FULL");
      this.#accepted.push(stream);
      return;
    }
    try {
      claim(stream);
    } catch (error) {
      reportThrown(error);
    }
  }
}

/** A `Stream` with a type. It can be used in place of a Stream. Its bytes begin after the type. */
export class TypedStream implements Stream {
  /** The type, 0 to 4 294 967 295. It says which protocol the stream carries, as both sides have agreed. */
  readonly type: number;
  /** The session that the stream belongs to. */
  readonly session: TypedSession;
  readonly #stream: Stream;

  /** @internal */
  constructor(session: TypedSession, stream: Stream, type: number) {
    this.session = session;
    this.#stream = stream;
    this.type = type;
  }

  /** As `Stream.id`. */
  get id(): number {
    return this.#stream.id;
  }

  /** As `Stream.error`. */
  get error(): MuxadoError | undefined {
    return this.#stream.error;
  }

  /** As `Stream.signal`. */
  get signal(): AbortSignal {
    return this.#stream.signal;
  }

  /** As `Stream.closed`. */
  get closed(): Promise<StreamEnd> {
    return this.#stream.closed;
  }

  /** As `Stream.priority`. */
  get priority(): Required<Priority> {
    return this.#stream.priority;
  }

  /** As `Stream.priority`. */
  set priority(priority: Priority) {
    this.#stream.priority = priority;
  }

  /** As `Stream.stats`. */
  stats(): StreamStats {
    return this.#stream.stats();
  }

  /** As `Stream.readable`. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#stream.readable;
  }

  /** As `Stream.writable`. */
  get writable(): WritableStream<Uint8Array> {
    return this.#stream.writable;
  }

  /** As `Stream.read`. */
  read(options?: WaitOptions): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#stream.read(options);
  }

  /** As `Stream.readInto`. */
  readInto(view: Uint8Array, options?: WaitOptions): Promise<number | null> {
    return this.#stream.readInto(view, options);
  }

  /** As `Stream.write`. */
  write(chunk: Uint8Array, options?: WaitOptions): Promise<void> {
    return this.#stream.write(chunk, options);
  }

  /** As `Stream.closeWrite`. */
  closeWrite(options?: WaitOptions): Promise<void> {
    return this.#stream.closeWrite(options);
  }

  /** As `Stream.close`. */
  close(options?: WaitOptions): Promise<void> {
    return this.#stream.close(options);
  }

  /** As `Stream.reset`. */
  reset(code?: ResetCode): void {
    this.#stream.reset(code);
  }

  /** As `Stream.refuse`. */
  refuse(code?: ResetCode): void {
    this.#stream.refuse(code);
  }

  /** As `Stream.unref`. */
  unref(): void {
    this.#stream.unref();
  }

  /** As `Stream.take`. */
  take(limit?: number): Uint8Array<ArrayBuffer> | null | undefined {
    return this.#stream.take(limit);
  }

  /** As `Stream.takeInto`. */
  takeInto(view: Uint8Array): number | null | undefined {
    return this.#stream.takeInto(view);
  }

  /** As `Stream.offer`. */
  offer(chunk: Uint8Array): number {
    return this.#stream.offer(chunk);
  }

  /** As `Stream.observe`. */
  observe(observer: StreamObserver | undefined): void {
    this.#stream.observe(observer);
  }

  /** Reads to the end, as a `Stream` does. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    return this.#stream[Symbol.asyncIterator]();
  }

  /** Calls {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#stream[Symbol.asyncDispose]();
  }
}
