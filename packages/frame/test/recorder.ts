// A handler that writes down what a push decoder says and holds it to FrameHandler's contract.
// Pieces of one body are joined, so that records compare whatever the chunks were.

import { expect } from "vitest";
import { FrameError } from "../src/frame-error.ts";
import { type FrameHandler, PushDecoder } from "../src/push-decoder.ts";
import { toHex, type VectorFrame } from "./vectors.ts";

/** What came of some input. */
export interface Outcome {
  frames: VectorFrame[];
  /** The DATA frame that has begun, if its body is incomplete. */
  begun: { streamId: number; syn: boolean; fin: boolean; length: number; body: string } | undefined;
  error: FrameError | undefined;
  pending: number;
  offset: number;
}

export class Recorder implements FrameHandler {
  readonly frames: VectorFrame[] = [];
  begun: Outcome["begun"] = undefined;
  error: FrameError | undefined = undefined;
  #remaining = 0;

  onData(
    streamId: number,
    flags: number,
    length: number,
    chunk: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.#expectFrame();
    expect(streamId).toBeGreaterThan(0);
    expect(flags & ~3).toBe(0);
    expect(start).toBeLessThanOrEqual(end);
    expect(end).toBeLessThanOrEqual(chunk.length);
    this.begun = { streamId, syn: (flags & 2) !== 0, fin: (flags & 1) !== 0, length, body: "" };
    this.#remaining = length;
    this.#take(chunk, start, end);
  }

  onDataRest(chunk: Uint8Array, start: number, end: number, remaining: number): void {
    expect(this.error).toBeUndefined();
    expect(start).toBeLessThan(end);
    this.#take(chunk, start, end);
    expect(remaining).toBe(this.#remaining);
  }

  onReset(streamId: number, errorCode: number): void {
    this.#expectFrame();
    this.frames.push({ type: "reset", streamId, errorCode });
  }

  onIncrement(streamId: number, increment: number): void {
    this.#expectFrame();
    this.frames.push({ type: "increment", streamId, increment });
  }

  onGoAway(lastStreamId: number, errorCode: number, debug: Uint8Array): void {
    this.#expectFrame();
    this.frames.push({ type: "goAway", lastStreamId, errorCode, debug: toHex(debug) });
  }

  onInvalid(error: FrameError): void {
    this.#expectFrame();
    this.error = error;
  }

  /** A frame begins: none may be under way, and none may come after an error. */
  #expectFrame(): void {
    expect(this.begun).toBeUndefined();
    expect(this.error).toBeUndefined();
  }

  #take(chunk: Uint8Array, start: number, end: number): void {
    const begun = this.begun!;
    begun.body += toHex(chunk.subarray(start, end));
    this.#remaining -= end - start;
    if (this.#remaining > 0) return;
    const { streamId, syn, fin, body } = begun;
    this.frames.push({ type: "data", streamId, syn, fin, body });
    this.begun = undefined;
  }
}

/** What a fresh push decoder makes of these chunks. */
export function outcomeOf(chunks: Iterable<Uint8Array>): Outcome {
  const recorder = new Recorder();
  const decoder = new PushDecoder(recorder);
  // A chunk is lent: spoiling it at once shows a decoder that kept it.
  for (const chunk of chunks) {
    const lent = chunk.slice();
    decoder.push(lent);
    lent.fill(0xee);
  }
  const { frames, begun, error } = recorder;
  return { frames, begun, error, pending: decoder.pending, offset: decoder.offset };
}
