// The Web Streams of a stream: a source that uses its non-blocking methods, and a sink that uses its writes.

import { type MuxadoError, resetCodeNumber } from "./base/errors.ts";
import type { Stream } from "./stream.ts";

const CANCELLED = /* @__PURE__ */ resetCodeNumber("STREAM_CANCELLED");

/** Returns the inbound direction of `stream` as a Web Stream. */
export function readableOf(stream: Stream): ReadableStream<Uint8Array<ArrayBuffer>> {
  const source = new ReadableSource(stream);
  stream.ownExtras().source = source;
  return new ReadableStream(source, { highWaterMark: 0 });
}

/** Returns the outbound direction of `stream` as a Web Stream. */
export function writableOf(stream: Stream): WritableStream<Uint8Array> {
  const sink = new WritableSink(stream);
  stream.ownExtras().sink = sink;
  return new WritableStream(sink);
}

/** The source of `stream.readable`. It delivers bytes only when a reader asks for them. */
class ReadableSource implements UnderlyingByteSource {
  readonly type = "bytes";
  readonly #stream: Stream;
  #controller: ReadableByteStreamController | undefined;
  #wake: (() => void) | undefined;
  /** Memory of a reader is being filled. The reader must get its bytes before it learns of an end. */
  #isFilling = false;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  start(controller: ReadableByteStreamController): void {
    this.#controller = controller;
    this.#stream.observe(this);
    this.#settle();
  }

  /** Whether a reader waits for bytes. */
  get reading(): boolean {
    return this.#wake !== undefined;
  }

  async pull(controller: ReadableByteStreamController): Promise<void> {
    const view = controller.byobRequest?.view;
    if (view) return this.#fill(controller, view);
    let chunk = this.#stream.take();
    while (chunk === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      chunk = this.#stream.take();
    }
    if (chunk === null) this.#close(controller);
    else this.#deliver(controller, chunk);
  }

  /** Resets the stream, because the wire has no frame that refuses only one direction. */
  cancel(reason: unknown): void {
    this.#controller = undefined;
    if (this.#stream.receiving.ended) this.#stream.receiving.discard();
    else this.#stream.resetBecause(CANCELLED, reason);
  }

  onReadable(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    if (wake !== undefined) wake();
    else this.#settle();
  }

  onWritable(): void {}

  /**
   * Closes the Web Stream, or makes it fail, if the stream has ended and no unread bytes are left. This must happen
   * even if nobody reads.
   */
  #settle(): void {
    const controller = this.#controller;
    if (controller === undefined || this.#isFilling || this.#stream.receiving.unread > 0) return;
    try {
      if (this.#stream.take() === null) this.#close(controller);
    } catch (error) {
      controller.error(error);
    }
  }

  #close(controller: ReadableByteStreamController): void {
    this.#controller = undefined;
    controller.close();
    // A pending BYOB read ends only with a response of zero bytes.
    controller.byobRequest?.respond(0);
  }

  /** The reader has brought memory. */
  async #fill(controller: ReadableByteStreamController, view: ArrayBufferView): Promise<void> {
    const { buffer, byteOffset, byteLength } = view;
    let length: number | null;
    this.#isFilling = true;
    try {
      length = await this.#stream.readInto(new Uint8Array(buffer, byteOffset, byteLength));
    } finally {
      this.#isFilling = false;
    }
    if (length === null) return this.#close(controller);
    controller.byobRequest?.respond(length);
    // The end may have come together with the bytes.
    this.#settle();
  }

  #deliver(controller: ReadableByteStreamController, chunk: Uint8Array<ArrayBuffer>): void {
    // The controller takes over the whole memory of a chunk, so other chunks must not share this memory.
    const owned = chunk.byteLength === chunk.buffer.byteLength;
    controller.enqueue(owned ? chunk : Uint8Array.prototype.slice.call(chunk));
  }
}

/** The sink of `stream.writable`. */
class WritableSink implements UnderlyingSink<Uint8Array> {
  readonly #stream: Stream;
  #controller: WritableStreamDefaultController | undefined;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  start(controller: WritableStreamDefaultController): void {
    this.#controller = controller;
    if (this.#stream.error !== undefined) controller.error(this.#stream.error);
  }

  write(chunk: Uint8Array): Promise<void> {
    try {
      return this.#stream.write(chunk);
    } catch (error) {
      // If `write` of a sink fails, the platform does not call `abort`. Without this reset, the stream would stay open
      // forever.
      this.#stream.resetBecause(CANCELLED, error);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#stream.closeWrite();
  }

  abort(reason: unknown): void {
    this.#stream.resetBecause(CANCELLED, reason);
  }

  /** Called when the stream has failed, even if nobody is writing. */
  failed(error: MuxadoError | undefined): void {
    this.#controller?.error(error);
  }
}
