// A session whose streams say which protocol they carry, and such a stream. The session writes the types of its own
// streams, reads those of the peer's, and gives the streams to those that are there for their type. A typed stream adds
// one field and no state. Each has the other in its type, so they share a file. Spec §9.1.

import {
  type Clock,
  type CloseOptions,
  flushInNextTask,
  type GoAwayCode,
  type MuxadoError,
  type OpenOptions,
  type Priority,
  type ResetCode,
  type Role,
  type Session,
  type SessionEnd,
  type SessionStats,
  type Stream,
  type StreamObserver,
  type StreamStats,
  systemClock,
  type WaitOptions,
} from "@muxado/core";
import { AcceptIterator, AcceptQueue, checkNumber, reportThrown } from "@muxado/core/layers";
import { checkRoutes, serve } from "./router.ts";
import { MAX_TYPE, prefixOf, TypeReader } from "./type-prefix.ts";

/** Options of a {@link TypedSession}. */
export interface TypedOptions {
  /** The type of streams that are opened without a type. Default: 0. */
  readonly defaultType?: number | undefined;
  /**
   * Streams with a type that may wait for `accept`, and as many streams whose type has not arrived. One more is refused
   * with ACCEPT_QUEUE_FULL or STREAM_REFUSED. Default: 128.
   */
  readonly acceptBacklog?: number | undefined;
  /**
   * Milliseconds that a stream may wait for `accept`. After this time, or at most twice this time, it is refused with
   * STREAM_REFUSED. Default: 60 000; Infinity: no deadline.
   */
  readonly acceptTimeout?: number | undefined;
  /** Milliseconds until the type of a stream of the peer must have arrived. Default: 10 000; Infinity: no deadline. */
  readonly typeTimeout?: number | undefined;
  /**
   * Called with the error TYPE_MISSING for each stream that was refused because its type did not arrive. A peer decides
   * how often this happens. Default: none.
   */
  readonly onRefused?: ((error: MuxadoError) => void) | undefined;
  /** The source of time. Default: the platform's. */
  readonly clock?: Clock | undefined;
}

/** Options of {@link TypedSession.open}. */
export interface TypedOpenOptions extends OpenOptions {
  /** The protocol that the stream carries: 0 to 4 294 967 295. Default: the session's `defaultType`. */
  readonly type?: number | undefined;
}

/** Does the work of one stream. The stream is its own: it ends it. */
export type StreamHandler = (stream: TypedStream) => void | Promise<void>;

/** Which handler serves the streams of which type. One table may serve any number of sessions. */
export type Routes = Readonly<Record<number, StreamHandler>>;

/** Options of {@link TypedSession.serve}. */
export interface ServeOptions {
  /** Serves streams of all other types. Default: resets them with STREAM_REFUSED. */
  readonly otherwise?: StreamHandler | undefined;
  /**
   * Told what a handler threw or rejected with; its stream has been reset with INTERNAL_ERROR. Default: prints
   * it with `console.error`, unless it is the stream's own error, which is the peer's or the session's doing.
   */
  readonly onError?: ((error: unknown, stream: TypedStream) => void) | undefined;
  /** Stops serving when it aborts. Streams that are being served go on, and new ones wait for `accept`. */
  readonly signal?: AbortSignal | undefined;
}

/** Sessions that are wrapped: two wrappers would share the peer's streams at random. */
const wrapped: WeakSet<Session> = /* @__PURE__ */ new WeakSet();

/**
 * A `Session` whose streams carry a type, on both sides. You can use it wherever you can use a Session.
 *
 * It accepts the streams of the session that it wraps: from now on, accept only from the wrapper.
 */
export class TypedSession implements Session, AsyncIterable<TypedStream> {
  readonly #session: Session;
  readonly #defaultType: number;
  readonly #types: TypeReader;
  readonly #accepted: AcceptQueue<TypedStream>;
  /** Types that do not go to `accept`. */
  readonly #claims: Map<number, (stream: TypedStream) => void> = new Map();

  /**
   * Wraps `session`, on any transport and wire. The peer must do the same.
   *
   * @throws {RangeError} if an option is out of range; the message names the option.
   * @throws {TypeError} if the session is wrapped already.
   */
  constructor(session: Session, options: TypedOptions = {}) {
    if (wrapped.has(session))
      throw new TypeError("the session has a TypedSession around it already");
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
    // The wrapped session gets all options except the type, which belongs to this layer: that session may have types of
    // its own.
    const { type = this.#defaultType, ...rest } = options ?? {};
    checkNumber("type", type, 0, MAX_TYPE);
    const stream = this.#session.open(rest);
    // This fails only with the stream, and the stream reports its own error.
    void stream.write(prefixOf(type));
    return new TypedStream(this, stream, type);
  }

  /** Like `Session.accept`: resolves with the peer's next stream whose type has arrived and that no claim takes. */
  accept(options?: WaitOptions): Promise<TypedStream> {
    return this.#accepted.accept(options?.signal);
  }

  /** Accepts streams until the session has ended, in whatever way. Leaving the loop does not end the session. */
  [Symbol.asyncIterator](): AsyncIterableIterator<TypedStream> {
    return new AcceptIterator(() => this.#accepted.next());
  }

  /**
   * Accepts streams and gives each to the handler of its type, all in parallel, until the session is over or the signal
   * aborts. If a handler fails, its stream is reset with INTERNAL_ERROR. Never rejects.
   *
   * @throws {RangeError | TypeError} at once, if the type of a route is no u32 or its handler is no function; the
   * message names the route.
   */
  serve(routes: Routes, options: ServeOptions = {}): Promise<void> {
    checkRoutes(routes);
    return serve(this, routes, options);
  }

  /**
   * Takes the streams of one type away from `accept` and `serve`. For layers, such as a heartbeat, that must get their
   * streams even if the application does not accept. `handler` is called while input is handled, and now for streams
   * that wait already. An error that it throws is reported as an uncaught exception. `undefined` gives the type back.
   *
   * @throws {RangeError} if the type is not a u32.
   * @throws {TypeError} if the type is taken already.
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

/** A `Stream` with a type, past the bytes that say so; usable wherever a Stream is. */
export class TypedStream implements Stream {
  /** Which protocol it carries: 0 to 4 294 967 295, as both sides have agreed. */
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

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#stream[Symbol.asyncDispose]();
  }
}
