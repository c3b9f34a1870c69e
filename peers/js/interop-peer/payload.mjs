// Bytes that both ends can make by themselves, and the digest of bytes that passed.

import { createHash } from "node:crypto";
import { errorFields } from "./control.mjs";

/** A linear congruential generator. Its high bytes are the payload. All peers make the same bytes. */
export class Payload {
  #state;

  constructor(seed) {
    this.#state = seed | 0;
  }

  take(length) {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at++) {
      this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) | 0;
      bytes[at] = this.#state >>> 24;
    }
    return bytes;
  }
}

/** The digest of the bytes in one direction, and how that direction ended. */
export class Digest {
  length = 0;
  /** Undefined for a clean end. */
  error;
  #hash = createHash("sha256");

  add(bytes) {
    this.length += bytes.length;
    this.#hash.update(bytes);
  }

  sum() {
    return this.#hash.copy().digest("hex");
  }

  fields() {
    return { bytes: this.length, sha256: this.sum(), end: endingOf(this.error) };
  }
}

export function endingOf(error) {
  return error === undefined ? "clean" : errorFields(error);
}
