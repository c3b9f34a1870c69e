// A stream that has said its type. Everything else about it is the stream's own: this adds one field and no state.

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
