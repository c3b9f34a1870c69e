// A handler that writes down what a push decoder says and holds it to FrameHandler's contract.
// Pieces of one body are joined, so that records compare whatever the chunks were.

import { expect } from "vitest";
import type { YamuxFrameError } from "../src/frame-error.ts";
import { type FrameHandler, PushDecoder } from "../src/push-decoder.ts";
import { toHex, type VectorFrame } from "./vectors.ts";

/** What came of some input. */
export interface Outcome {
  frames: VectorFrame[];
  /** The Data frame that has begun, if its body is incomplete. */
  begun: ({ streamId: number; length: number; body: string } & Flags) | undefined;
  error: YamuxFrameError | undefined;
  pending: number;
  offset: number;
}

interface Flags {
  syn: boolean;
  ack: boolean;
  fin: boolean;
  rst: boolean;
}

export class Recorder implements FrameHandler {
  readonly frames: VectorFrame[] = [];
  begun: Outcome["begun"] = undefined;
  error: YamuxFrameError | undefined = undefined;
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
    expect(start).toBeLessThanOrEqual(end);
    expect(end).toBeLessThanOrEqual(chunk.length);
    this.begun = { streamId, ...flagsOf(flags), length, body: "" };
    this.#remaining = length;
    this.#take(chunk, start, end);
  }

  onDataRest(chunk: Uint8Array, start: number, end: number, remaining: number): void {
    expect(this.error).toBeUndefined();
    expect(start).toBeLessThan(end);
    this.#take(chunk, start, end);
    expect(remaining).toBe(this.#remaining);
  }

  onWindowUpdate(streamId: number, flags: number, increment: number): void {
    this.#expectFrame();
    expect(streamId).toBeGreaterThan(0);
    this.frames.push({ type: "windowUpdate", streamId, ...flagsOf(flags), increment });
  }

  onPing(flags: number, value: number): void {
    this.#expectFrame();
    expect([1, 2]).toContain(flags);
    this.frames.push({ type: "ping", ack: flags === 2, value });
  }

  onGoAway(code: number): void {
    this.#expectFrame();
    this.frames.push({ type: "goAway", code });
  }

  onInvalid(error: YamuxFrameError): void {
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
    const { length: _, ...frame } = begun;
    this.frames.push({ type: "data", ...frame });
    this.begun = undefined;
  }
}

function flagsOf(flags: number): Flags {
  expect(flags & ~15).toBe(0);
  return {
    syn: (flags & 1) !== 0,
    ack: (flags & 2) !== 0,
    fin: (flags & 4) !== 0,
    rst: (flags & 8) !== 0,
  };
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
