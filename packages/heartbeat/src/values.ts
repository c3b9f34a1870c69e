// The values of beats and echoes on a stream. Each value has four bytes, which may arrive in several pieces. Spec §9.2.

import type { Stream } from "@muxado/core";

/** The type of heartbeat streams. */
export const HEARTBEAT_TYPE = 0xffffffff;

/** Length of a value in bytes. */
const LENGTH = 4;

/** Reads values from one stream. */
export class ValueReader {
  readonly #stream: Stream;
  /** The value that has begun to arrive and is not complete. */
  #partial: Uint8Array | undefined;
  #filled = 0;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /**
   * Returns the next value, which the caller may keep; null at the end of the stream; undefined if the value has not
   * fully arrived. Throws as `take` does.
   */
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

/** Returns the number that the four bytes encode. */
export function numberOf(value: Uint8Array): number {
  return new DataView(value.buffer, value.byteOffset).getUint32(0);
}

/** Returns the four bytes of a number. */
export function bytesOf(number: number): Uint8Array {
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
}
