// Frames that the peer has sent and that have not arrived. Frames become bytes here, whole or damaged, and leave cut
// anywhere.

import type { Wire } from "@muxado/core";
import { DataFlag } from "@muxado/core";
import { brief } from "../frames.ts";
import { concatenated } from "../bytes.ts";
import type { Phrase } from "../dialect.ts";
import type { Random } from "../random.ts";
import { damaged } from "./mutations.ts";

/** Encodes and holds the frames that the peer sends. */
export class Mouth {
  readonly #random: Random;
  readonly #wire: Wire;
  readonly #mutated: number;
  readonly #damaged: number;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /**
   * @param mutated how often a frame has other flags: an eighth of this
   * @param isDamaged how often the bytes of a frame are damaged
   */
  constructor(random: Random, wire: Wire, mutated: number, isDamaged: number) {
    this.#random = random;
    this.#wire = wire;
    this.#mutated = mutated;
    this.#damaged = isDamaged;
  }

  /** Bytes that have not arrived. */
  get length(): number {
    return this.#bytes.length;
  }

  say(phrases: readonly Phrase[], log: ((line: string) => void) | undefined): void {
    const random = this.#random;
    const pieces: Uint8Array[] = [this.#bytes];
    for (const phrase of phrases) {
      const frame = encoded(this.#wire, phrase);
      const isDamaged = this.#damaged > 0 && random.next() < this.#damaged;
      const hasOtherFlags = this.#mutated > 0 && random.next() * 8 < this.#mutated;
      // Both wires have their flags there.
      if (hasOtherFlags) frame[3]! ^= random.between(1, 15);
      log?.(
        `  in  ${brief([phrase])[0]}${isDamaged ? " (damaged)" : ""}${hasOtherFlags ? " (other flags)" : ""}`,
      );
      pieces.push(isDamaged ? damaged(random, frame, this.#wire.dataHeaderLength) : frame);
    }
    this.#bytes = concatenated(pieces);
  }

  /** Returns the next chunk: all bytes, or the part that a cut leaves. */
  take(cuts: boolean): Uint8Array<ArrayBuffer> {
    const random = this.#random;
    const { length } = this.#bytes;
    const isCut = cuts && length > 1 && random.oneIn(2);
    const end = isCut ? random.between(1, random.oneIn(2) ? Math.min(16, length) : length) : length;
    const chunk = this.#bytes.subarray(0, end);
    this.#bytes = this.#bytes.subarray(end);
    return chunk;
  }
}

/** Returns a frame whose numbers nobody has checked. */
function encoded(wire: Wire, phrase: Phrase): Uint8Array<ArrayBuffer> {
  switch (phrase.type) {
    case "data": {
      const { streamId, syn, fin, body } = phrase;
      const flags = (syn ? DataFlag.SYN : 0) | (fin ? DataFlag.FIN : 0);
      const frame = new Uint8Array(wire.dataHeaderLength + body.length);
      frame.set(body, wire.putData(frame, 0, streamId, flags, body.length));
      return frame;
    }
    case "reset": {
      const frame = new Uint8Array(wire.controlLength);
      wire.putReset(frame, 0, phrase.streamId, phrase.errorCode);
      return frame;
    }
    case "increment": {
      const frame = new Uint8Array(wire.controlLength);
      wire.putIncrement(frame, 0, phrase.streamId, phrase.increment);
      return frame;
    }
    case "goAway": {
      const { lastStreamId, errorCode, debug } = phrase;
      const frame = new Uint8Array(wire.goAwayLength + debug.length);
      return frame.subarray(0, wire.putGoAway(frame, 0, lastStreamId, errorCode, debug, true));
    }
    case "ack": {
      const frame = new Uint8Array(wire.dataHeaderLength);
      wire.putData(frame, 0, phrase.streamId, DataFlag.ACK, 0);
      return frame;
    }
    case "ping": {
      const frame = new Uint8Array(wire.controlLength);
      wire.putPing!(frame, 0, phrase.value, phrase.isAnswer);
      return frame;
    }
  }
}
