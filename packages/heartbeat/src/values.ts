// The values of beats and echoes on a stream: four bytes each, however they are cut on their way. Spec §9.2.

import type { Stream } from "@muxado/core";

/** The type of heartbeat streams. */
export const HEARTBEAT_TYPE = 0xffffffff;

/** Bytes of a value. */
const LENGTH = 4;

/** Reads values from one stream. */
export class ValueReader {
  readonly #stream: Stream;
  /** A value of which not all bytes have come. */
  #partial: Uint8Array | undefined;
  #filled = 0;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** The next value, the caller's to keep; null at the end; undefined if it has not come. Throws as `take` does. */
  take(): Uint8Array | null | undefined {
    for (;;) {
      const part = this.#stream.take(LENGTH - this.#filled);
      if (part === undefined || part === null) return part;
      if (part.length === LENGTH) return part;
      this.#partial ??= new Uint8Array(LENGTH);
      this.#partial.set(part, this.#filled);
      this.#filled += part.length;
      if (this.#filled < LENGTH) continue;
      const value = this.#partial;
      this.#partial = undefined;
      this.#filled = 0;
      return value;
    }
  }
}

/** The four bytes as a number. */
export function numberOf(value: Uint8Array): number {
  return new DataView(value.buffer, value.byteOffset).getUint32(0);
}

/** The four bytes of a number. */
export function bytesOf(number: number): Uint8Array {
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
}
