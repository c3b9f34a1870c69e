// Decodes chunks into frame objects, with the help of the push decoder. It is convenient, but a session must not use
// it: it collects whole bodies, and a peer can make them very long. Spec §3.2, §4.

import type { DataFrame, Frame } from "./frame.ts";
import { YamuxFrameError } from "./frame-error.ts";
import { Flag } from "./frame-type.ts";
import { type FrameHandler, PushDecoder } from "./push-decoder.ts";

/** Decodes bytes that are cut anywhere into {@link Frame} objects. */
export class FrameDecoder {
  readonly #collector: FrameCollector = new FrameCollector();
  readonly #decoder: PushDecoder = new PushDecoder(this.#collector);

  /**
   * Takes the next chunk of the input. Yields each frame that it completes, in order.
   *
   * The decoder reads the chunk before this method returns, even if nobody iterates. Frames own their bytes.
   *
   * @throws {@link YamuxFrameError} while iterating, after the last valid frame, when the input is invalid (spec §3.2);
   * every later call throws it, too
   */
  decode(chunk: Uint8Array): Iterable<Frame<ArrayBuffer>> {
    this.#decoder.push(chunk);
    return this.#collector.take();
  }

  /**
   * Tells the decoder that the input is over.
   *
   * @throws {@link YamuxFrameError} with field `end` when the input ended inside a frame, or the error that `decode`
   * threw
   */
  end(): void {
    const { error } = this.#collector;
    if (error !== undefined) throw error;
    const { pending, offset } = this.#decoder;
    if (pending === 0) return;
    throw new YamuxFrameError({
      field: "end",
      reason: `comes early, at least ${pending} bytes are missing`,
      frameType: undefined,
      streamId: undefined,
      offset,
    });
  }
}

/** Makes a frame object for each call of the push decoder. */
class FrameCollector implements FrameHandler {
  error: YamuxFrameError | undefined = undefined;
  #frames: Frame<ArrayBuffer>[] = [];
  #partial: PartialData | undefined = undefined;

  /**
   * Returns the frames that no earlier call has returned. If there is an error, every call throws it after the frames.
   */
  take(): Iterable<Frame<ArrayBuffer>> {
    const frames = this.#frames;
    this.#frames = [];
    return framesThenError(frames, this.error);
  }

  onData(
    streamId: number,
    flags: number,
    length: number,
    chunk: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (end - start === length) {
      this.#frames.push(dataFrame(streamId, flags, new Uint8Array(chunk.subarray(start, end))));
      return;
    }
    this.#partial = new PartialData(streamId, flags);
    this.#partial.append(chunk, start, end, length - (end - start));
  }

  onDataRest(chunk: Uint8Array, start: number, end: number, remaining: number): void {
    const partial = this.#partial!;
    partial.append(chunk, start, end, remaining);
    if (remaining > 0) return;
    this.#partial = undefined;
    this.#frames.push(dataFrame(partial.streamId, partial.flags, partial.body));
  }

  onWindowUpdate(streamId: number, flags: number, increment: number): void {
    this.#frames.push({ type: "windowUpdate", streamId, ...namedFlags(flags), increment });
  }

  onPing(flags: number, value: number): void {
    this.#frames.push({ type: "ping", ack: flags === Flag.ACK, value });
  }

  onGoAway(code: number): void {
    this.#frames.push({ type: "goAway", code });
  }

  onInvalid(error: YamuxFrameError): void {
    this.error = error;
  }
}

/** A Data frame whose body has not fully arrived. */
class PartialData {
  readonly streamId: number;
  readonly flags: number;
  /** The bytes that have arrived, followed by unused room. There is no unused room once the body is complete. */
  body: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #length = 0;

  constructor(streamId: number, flags: number) {
    this.streamId = streamId;
    this.flags = flags;
  }

  /** Copies `chunk[start, end)` after the bytes that are there already; `remaining` bytes are still to come. */
  append(chunk: Uint8Array, start: number, end: number, remaining: number): void {
    const length = this.#length + end - start;
    if (length > this.body.length) {
      // The array grows with the bytes that have arrived, not with the declared length. Doubling avoids one copy for
      // each byte of a body that arrives byte by byte.
      this.#resize(Math.min(length + remaining, Math.max(length, 2 * this.body.length)));
    }
    this.body.set(chunk.subarray(start, end), this.#length);
    this.#length = length;
  }

  #resize(size: number): void {
    const body = new Uint8Array(size);
    body.set(this.body);
    this.body = body;
  }
}

function dataFrame(
  streamId: number,
  flags: number,
  body: Uint8Array<ArrayBuffer>,
): DataFrame<ArrayBuffer> {
  return { type: "data", streamId, ...namedFlags(flags), body };
}

function namedFlags(flags: number): Pick<DataFrame, "syn" | "ack" | "fin" | "rst"> {
  return {
    syn: (flags & Flag.SYN) !== 0,
    ack: (flags & Flag.ACK) !== 0,
    fin: (flags & Flag.FIN) !== 0,
    rst: (flags & Flag.RST) !== 0,
  };
}

function* framesThenError(
  frames: readonly Frame<ArrayBuffer>[],
  error: YamuxFrameError | undefined,
): Generator<Frame<ArrayBuffer>, void> {
  yield* frames;
  if (error !== undefined) throw error;
}
