// The shipped vectors, read as any other implementation would read them.
// Spec §11.

import { readFileSync } from "node:fs";
import type { Frame } from "../src/frame.ts";
import type { FrameField } from "../src/frame-error.ts";

/** A frame as the file spells it: bytes are hexadecimal. */
export type VectorFrame =
  | { type: "data"; streamId: number; syn: boolean; fin: boolean; body: string }
  | { type: "reset"; streamId: number; errorCode: number }
  | { type: "increment"; streamId: number; increment: number }
  | { type: "goAway"; lastStreamId: number; errorCode: number; debug: string };

interface Common {
  name: string;
  spec: string;
  hex: string;
  frames: VectorFrame[];
}

export interface ValidVector extends Common {
  verdict: "valid";
  canonical: boolean;
}

export interface IncompleteVector extends Common {
  verdict: "incomplete";
  missing: number;
  begun?: { type: "data"; streamId: number; syn: boolean; fin: boolean; length: number };
}

export interface InvalidVector extends Common {
  verdict: "invalid";
  error: {
    code: number;
    codeName: string;
    field: FrameField;
    frameType: number;
    streamId: number;
    offset: number;
    decided: number;
  };
}

export type Vector = ValidVector | IncompleteVector | InvalidVector;

const file = JSON.parse(readFileSync(new URL("../vectors.json", import.meta.url), "utf8")) as {
  format: number;
  vectors: Vector[];
};

export const { format, vectors } = file;

export const valid: ValidVector[] = vectors.filter((vector) => vector.verdict === "valid");
export const incomplete: IncompleteVector[] = vectors.filter(
  (vector) => vector.verdict === "incomplete",
);
export const invalid: InvalidVector[] = vectors.filter((vector) => vector.verdict === "invalid");

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The vector's frame as the codec spells it. */
export function toFrame(frame: VectorFrame): Frame {
  if (frame.type === "data") return { ...frame, body: fromHex(frame.body) };
  if (frame.type === "goAway") return { ...frame, debug: fromHex(frame.debug) };
  return frame;
}

/** The codec's frame as a vector spells it, so that frames compare and print well. */
export function fromFrame(frame: Frame): VectorFrame {
  if (frame.type === "data") return { ...frame, body: toHex(frame.body) };
  if (frame.type === "goAway") return { ...frame, debug: toHex(frame.debug) };
  return frame;
}
