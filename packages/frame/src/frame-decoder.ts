// Decodes chunks into frame objects, with the help of the push decoder. It is convenient, but a session must not use
// it: it collects whole bodies, and a peer can make them very long. Spec §3.2, §4.

import { ByteBuffer } from "./byte-buffer.ts";
import { ErrorCode } from "./error-code.ts";
import type { Frame } from "./frame.ts";
import { FrameError } from "./frame-error.ts";
import { Flag } from "./frame-type.ts";
import { MAX_BODY_LENGTH } from "./limits.ts";
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
   * @throws {@link FrameError} while iterating, after the last valid frame, when the input is invalid (spec §3.2);
   * every later call throws it, too
   */
  decode(chunk: Uint8Array): Iterable<Frame<ArrayBuffer>> {
    this.#decoder.push(chunk);
    return this.#collector.take();
  }

  /**
   * Tells the decoder that the input is over.
   *
   * @throws {@link FrameError} with code PEER_EOF and field `end` when the input ended inside a frame, or the error
   * that `decode` threw
   */
  end(): void {
    const { error } = this.#collector;
    if (error !== undefined) throw error;
    const { pending, offset } = this.#decoder;
    if (pending === 0) return;
    const reason = `comes early, at least ${pending} bytes are missing`;
    const code = ErrorCode.PEER_EOF;
    throw new FrameError({
      code,
      field: "end",
      reason,
      frameType: undefined,
      streamId: undefined,
      offset,
    });
  }
}

/** A DATA frame whose body has not fully arrived. */
interface PartialData {
  readonly streamId: number;
  readonly flags: number;
  readonly body: ByteBuffer;
}

/** Makes an object for each call of the push decoder. */
class FrameCollector implements FrameHandler {
  error: FrameError | undefined = undefined;
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
    const body = new ByteBuffer(MAX_BODY_LENGTH);
    body.append(chunk, start, end);
    this.#partial = { streamId, flags, body };
  }

  onDataRest(chunk: Uint8Array, start: number, end: number, remaining: number): void {
    const { streamId, flags, body } = this.#partial!;
    body.append(chunk, start, end);
    if (remaining > 0) return;
    this.#partial = undefined;
    this.#frames.push(dataFrame(streamId, flags, body.take()));
  }

  onReset(streamId: number, errorCode: number): void {
    this.#frames.push({ type: "reset", streamId, errorCode });
  }

  onIncrement(streamId: number, increment: number): void {
    this.#frames.push({ type: "increment", streamId, increment });
  }

  onGoAway(lastStreamId: number, errorCode: number, debug: Uint8Array<ArrayBuffer>): void {
    this.#frames.push({ type: "goAway", lastStreamId, errorCode, debug });
  }

  onInvalid(error: FrameError): void {
    this.error = error;
  }
}

function dataFrame(
  streamId: number,
  flags: number,
  body: Uint8Array<ArrayBuffer>,
): Frame<ArrayBuffer> {
  return {
    type: "data",
    streamId,
    syn: (flags & Flag.SYN) !== 0,
    fin: (flags & Flag.FIN) !== 0,
    body,
  };
}

function* framesThenError(
  frames: readonly Frame<ArrayBuffer>[],
  error: FrameError | undefined,
): Generator<Frame<ArrayBuffer>, void> {
  yield* frames;
  if (error !== undefined) throw error;
}
