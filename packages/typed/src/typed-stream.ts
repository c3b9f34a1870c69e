// A stream whose type is known. It adds one field and no state; everything else belongs to the stream that it wraps.

import type {
  MuxadoError,
  Priority,
  ResetCode,
  Stream,
  StreamObserver,
  StreamStats,
  WaitOptions,
} from "@muxado/core";
import type { TypedSession } from "./typed-session.ts";

/** A `Stream` with a type. The bytes of the type have been read. You can use it wherever you can use a Stream. */
export class TypedStream implements Stream {
  /** The protocol that the stream carries: 0 to 4 294 967 295, as both sides have agreed. */
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

  /** Like `Stream.id`. */
  get id(): number {
    return this.#stream.id;
  }

  /** Like `Stream.error`. */
  get error(): MuxadoError | undefined {
    return this.#stream.error;
  }

  /** Like `Stream.priority`. */
  get priority(): Required<Priority> {
    return this.#stream.priority;
  }

  /** Like `Stream.priority`. */
  set priority(priority: Priority) {
    this.#stream.priority = priority;
  }

  /** Like `Stream.stats`. */
  stats(): StreamStats {
    return this.#stream.stats();
  }

  /** Like `Stream.readable`. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#stream.readable;
  }

  /** Like `Stream.writable`. */
  get writable(): WritableStream<Uint8Array> {
    return this.#stream.writable;
  }

  /** Like `Stream.read`. */
  read(options?: WaitOptions): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#stream.read(options);
  }

  /** Like `Stream.write`. */
  write(chunk: Uint8Array, options?: WaitOptions): Promise<void> {
    return this.#stream.write(chunk, options);
  }

  /** Like `Stream.closeWrite`. */
  closeWrite(options?: WaitOptions): Promise<void> {
    return this.#stream.closeWrite(options);
  }

  /** Like `Stream.close`. */
  close(options?: WaitOptions): Promise<void> {
    return this.#stream.close(options);
  }

  /** Like `Stream.reset`. */
  reset(code?: ResetCode): void {
    this.#stream.reset(code);
  }

  /** Like `Stream.refuse`. */
  refuse(code?: ResetCode): void {
    this.#stream.refuse(code);
  }

  /** Like `Stream.unref`. */
  unref(): void {
    this.#stream.unref();
  }

  /** Like `Stream.take`. */
  take(limit?: number): Uint8Array<ArrayBuffer> | null | undefined {
    return this.#stream.take(limit);
  }

  /** Like `Stream.offer`. */
  offer(chunk: Uint8Array): number {
    return this.#stream.offer(chunk);
  }

  /** Like `Stream.observe`. */
  observe(observer: StreamObserver | undefined): void {
    this.#stream.observe(observer);
  }

  /** Reads to the end, like a `Stream`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    return this.#stream[Symbol.asyncIterator]();
  }

  /** Calls {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#stream[Symbol.asyncDispose]();
  }
}
