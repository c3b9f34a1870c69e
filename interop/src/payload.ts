// Bytes that both ends can make by themselves, so that no end has to send a list of them. Digests of bytes that passed.

import { createHash, type Hash } from "node:crypto";

/** A linear congruential generator. Its high bytes are the payload. The peers make the same bytes. */
export class Payload {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** The next `length` bytes. */
  take(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let state = this.#state;
    for (let at = 0; at < length; at++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      bytes[at] = state >>> 24;
    }
    this.#state = state;
    return bytes;
  }
}

/** The whole payload of a seed. */
export function payload(length: number, seed: number): Uint8Array {
  return new Payload(seed).take(length);
}

/** How a direction of a stream ended: cleanly, or with an error and its code on the wire. */
export type Ending = "clean" | { readonly code: number | null; readonly text: string };

/** The digest of the bytes in one direction. */
export interface Digest {
  readonly bytes: number;
  readonly sha256: string;
  readonly end: Ending;
}

/** Makes a {@link Digest}. */
export class Digester {
  readonly #hash: Hash = createHash("sha256");
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    this.#hash.update(chunk);
  }

  digest(end: Ending): Digest {
    return { bytes: this.#bytes, sha256: this.#hash.copy().digest("hex"), end };
  }
}

/** The digest of the whole payload of a seed with a clean end. */
export function digestOf(length: number, seed: number): Digest {
  const digester = new Digester();
  const source = new Payload(seed);
  for (let left = length; left > 0; ) {
    const chunk = source.take(Math.min(left, 64 * 1024));
    digester.add(chunk);
    left -= chunk.length;
  }
  return digester.digest("clean");
}
