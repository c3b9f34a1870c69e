// Changes a conversation on its way: frames are moved, doubled, left out, and given another meaning. Then their bytes
// are damaged.

import type { Wire } from "@muxado/core";
import type { Phrase } from "../dialect.ts";
import type { Random } from "../random.ts";
import type { Accounts } from "./accounts.ts";
import { contentOf } from "./content.ts";

/** Numbers at the edges of different fields. */
const EDGES = [0, 1, 2, 3, 0xff, 0x7fff_fffe, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

/** Changes the meaning of frames. Keeps some of them, to send them again. */
export class Mutations {
  readonly #random: Random;
  readonly #accounts: Accounts;
  readonly #wire: Wire;
  readonly #chance: number;
  readonly #said: Phrase[] = [];

  constructor(random: Random, accounts: Accounts, wire: Wire, chance: number) {
    this.#random = random;
    this.#accounts = accounts;
    this.#wire = wire;
    this.#chance = chance;
  }

  /** Returns the frames that are sent in place of `phrases`. */
  of(phrases: Phrase[]): Phrase[] {
    const random = this.#random;
    if (this.#chance === 0) return phrases;
    const sent: Phrase[] = [];
    for (const phrase of phrases) {
      if (random.oneIn(8)) this.#said[random.below(32)] = phrase;
      if (random.next() < this.#chance) this.#mutate(phrase, sent);
      else sent.push(phrase);
    }
    return sent;
  }

  #mutate(phrase: Phrase, sent: Phrase[]): void {
    const random = this.#random;
    switch (random.below(9)) {
      case 0:
        return; // left out
      case 1: // doubled
        sent.push(phrase, phrase);
        return;
      case 2: // behind the next but one, or so
        sent.splice(random.below(sent.length + 1), 0, phrase);
        return;
      case 3: {
        const again = this.#said[random.below(32)];
        sent.push(...(again === undefined ? [phrase] : [phrase, again]));
        return;
      }
      case 4:
      case 5:
        sent.push(this.#readdressed(phrase));
        return;
      case 6: // many of them
        for (let times = random.between(1, random.oneIn(10) ? 150 : 12); times > 0; times--) {
          sent.push(random.oneIn(4) ? this.#readdressed(phrase) : phrase);
        }
        return;
      default:
        sent.push(this.#altered(phrase));
    }
  }

  /** The same frame about another stream. */
  #readdressed(phrase: Phrase): Phrase {
    if (phrase.type === "ping" || phrase.type === "goAway") return this.#altered(phrase);
    return { ...phrase, streamId: this.#id() };
  }

  /** An id of any kind: of a stream that exists or is over, of our own parity, unknown, 0, or too large. */
  #id(): number {
    const random = this.#random;
    const { known, highestIn, highestOut, localParity } = this.#accounts;
    switch (random.below(6)) {
      case 0:
        return highestOut + 2 * random.below(4) + (highestOut === 0 ? localParity + 2 : 0);
      case 1:
        return highestIn + random.below(6);
      case 2:
        return random.pick(EDGES);
      default:
        return known.length === 0 ? random.below(9) : random.pick(known).id;
    }
  }

  #altered(phrase: Phrase): Phrase {
    const random = this.#random;
    switch (phrase.type) {
      case "data":
        return this.#alteredData(phrase);
      case "reset":
        return { ...phrase, errorCode: this.#code() };
      case "increment":
        return random.oneIn(4)
          ? { type: "reset", streamId: phrase.streamId, errorCode: this.#code() }
          : { ...phrase, increment: this.#number() };
      case "goAway":
        return random.oneIn(2)
          ? { ...phrase, lastStreamId: random.oneIn(2) ? this.#id() : this.#number() }
          : { ...phrase, errorCode: this.#code() };
      case "ack":
        return { ...phrase, streamId: this.#id() };
      case "ping":
        return random.oneIn(2)
          ? { ...phrase, isAnswer: !phrase.isAnswer }
          : { ...phrase, value: this.#number() };
    }
  }

  #alteredData(phrase: Phrase & { type: "data" }): Phrase {
    const random = this.#random;
    const { streamId, syn, fin } = phrase;
    switch (random.below(6)) {
      case 0:
        return { ...phrase, syn: !syn };
      case 1:
        return { ...phrase, fin: !fin };
      case 2:
        return { ...phrase, syn: random.oneIn(2), fin: random.oneIn(2), body: contentOf(0, 0, 0) };
      case 3: {
        // As many bytes as there is credit, or one more or less, or far more.
        const { initialWindow } = this.#wire;
        const { given, received } = this.#accounts.of(streamId);
        const left = Math.max(0, initialWindow + given - received);
        const length = random.oneIn(3) ? initialWindow + 1 : left + random.between(-1, 1);
        return { ...phrase, body: contentOf(streamId, 0, Math.max(0, Math.min(length, 300_000))) };
      }
      case 4:
        return { type: "reset", streamId, errorCode: this.#code() };
      default:
        return { type: "increment", streamId, increment: this.#number() };
    }
  }

  #code(): number {
    const random = this.#random;
    return random.oneIn(3) ? random.pick(EDGES) : random.below(18);
  }

  #number(): number {
    const random = this.#random;
    return random.oneIn(2) ? random.pick(EDGES) : random.below(1 << random.below(20));
  }
}

/** Damages one encoded frame in place, or returns its replacement. */
export function damaged(
  random: Random,
  frame: Uint8Array<ArrayBuffer>,
  headerLength: number,
): Uint8Array<ArrayBuffer> {
  const header = Math.min(headerLength, frame.length);
  switch (random.below(7)) {
    case 0: // any bit of the header
      frame[random.below(header)]! ^= 1 << random.below(8);
      return frame;
    case 1: // any byte of the header
      frame[random.below(header)] = random.below(256);
      return frame;
    case 2: // type and flags
      frame[random.below(Math.min(header, 4))]! ^= 1 << random.below(4);
      return frame;
    case 3: // any bit
      frame[random.below(frame.length)]! ^= 1 << random.below(8);
      return frame;
    case 4: // its end is missing
      return frame.subarray(0, random.below(frame.length));
    case 5: // its beginning is missing
      return frame.subarray(random.below(frame.length));
    default: {
      // Noise inside the frame.
      const at = random.below(frame.length);
      const noise = Uint8Array.from({ length: random.between(1, 20) }, () => random.below(256));
      const spliced = new Uint8Array(frame.length + noise.length);
      spliced.set(frame.subarray(0, at));
      spliced.set(noise, at);
      spliced.set(frame.subarray(at), at + noise.length);
      return spliced;
    }
  }
}
