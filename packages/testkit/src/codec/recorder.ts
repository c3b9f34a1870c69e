// A handler that records the calls of a push decoder, and checks the contract of all handlers. It joins the pieces of a
// body, so that records do not depend on the chunks.

import { expect } from "vitest";
import type { AnyFrameError, AnyHandler, Codec } from "./codec.ts";
import { toHex, type VectorFrame } from "./vectors.ts";

/** The result of some input. */
export interface Outcome {
  readonly frames: readonly VectorFrame[];
  /** The DATA frame that has begun, if its body is incomplete. */
  readonly begun: VectorFrame | undefined;
  readonly error: AnyFrameError | undefined;
  readonly pending: number;
  readonly offset: number;
}

export class Recorder implements AnyHandler {
  readonly frames: VectorFrame[] = [];
  error: AnyFrameError | undefined = undefined;
  /** The frame under way, and its body so far. */
  begun: { readonly frame: VectorFrame; readonly length: number; body: string } | undefined =
    undefined;
  readonly #flags: Codec["flags"];
  #remaining = 0;

  constructor(codec: Codec) {
    this.#flags = codec.flags;
    const controls = codec.controlHandler((frame) => {
      this.#expectFrame();
      this.frames.push(frame);
    });
    Object.assign(this, controls);
  }

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
    const named = namedFlags(this.#flags, flags);
    this.begun = { frame: { type: "data", streamId, ...named }, length, body: "" };
    this.#remaining = length;
    this.#take(chunk, start, end);
  }

  onDataRest(chunk: Uint8Array, start: number, end: number, remaining: number): void {
    expect(this.error).toBeUndefined();
    expect(start).toBeLessThan(end);
    this.#take(chunk, start, end);
    expect(remaining).toBe(this.#remaining);
  }

  onInvalid(error: AnyFrameError): void {
    this.#expectFrame();
    this.error = error;
  }

  /** A frame begins. None may be under way, and none may come after an error. */
  #expectFrame(): void {
    expect(this.begun).toBeUndefined();
    expect(this.error).toBeUndefined();
  }

  #take(chunk: Uint8Array, start: number, end: number): void {
    const begun = this.begun!;
    begun.body += toHex(chunk.subarray(start, end));
    this.#remaining -= end - start;
    if (this.#remaining > 0) return;
    this.frames.push({ ...begun.frame, body: begun.body });
    this.begun = undefined;
  }
}

/** Each flag as a field. Bits without a meaning must not be set. */
export function namedFlags(known: Codec["flags"], flags: number): Record<string, boolean> {
  const bits = Object.values(known).reduce((all, bit) => all | bit, 0);
  expect(flags & ~bits).toBe(0);
  return Object.fromEntries(
    Object.entries(known).map(([field, bit]) => [field, (flags & bit) !== 0]),
  );
}

/** The result of a new push decoder for these chunks. */
export function outcomeOf(codec: Codec, chunks: Iterable<Uint8Array>): Outcome {
  const recorder = new Recorder(codec);
  const decoder = codec.createPushDecoder(recorder);
  // A chunk is lent. Each chunk is overwritten at once, so that a decoder that kept it is found.
  for (const chunk of chunks) {
    const lent = chunk.slice();
    decoder.push(lent);
    lent.fill(0xee);
  }
  const { frames, begun, error } = recorder;
  const { pending, offset } = decoder;
  const partial = begun && { ...begun.frame, length: begun.length, body: begun.body };
  return { frames, begun: partial, error, pending, offset };
}
