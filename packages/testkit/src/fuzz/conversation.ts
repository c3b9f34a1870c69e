// A peer that acts by chance. It sends frames that a peer of its protocol might send at that moment, before mutations
// change them.

import type { Wire } from "@muxado/core";
import type { Phrase } from "../dialect.ts";
import type { Random } from "../random.ts";
import type { Accounts, StreamAccount } from "./accounts.ts";
import { contentOf } from "./content.ts";

const NOTHING = contentOf(0, 0, 0);

/** The peer. */
export class Conversation {
  readonly #random: Random;
  readonly #accounts: Accounts;
  readonly #wire: Wire;
  readonly #streams: number;
  #nextId: number;
  #lastStreamId = Infinity;
  #pings = 0;
  /** Streams on which the peer still sends, as far as it knows. */
  readonly #live: StreamAccount[] = [];
  /** How many of the known streams it has looked at. */
  #seen = 0;

  constructor(random: Random, accounts: Accounts, wire: Wire, streams: number) {
    this.#random = random;
    this.#accounts = accounts;
    this.#wire = wire;
    this.#streams = streams;
    this.#nextId =
      accounts.localParity === (wire.firstClientStreamId & 1)
        ? wire.firstServerStreamId
        : wire.firstClientStreamId;
  }

  /** Returns the next frame that it sends. */
  next(): Phrase {
    this.#learn();
    const random = this.#random;
    const choice = random.below(100);
    if (this.#live.length === 0 || (choice < 12 && this.#live.length < this.#streams)) {
      return this.#open();
    }
    const at = random.below(this.#live.length);
    const account = this.#live[at]!;
    if (account.resetOut || account.resetIn !== undefined) {
      this.#forget(at);
      return this.#open();
    }
    if (choice < 50) return this.#data(account, random.oneIn(10));
    if (choice < 75) return this.#increment(account);
    if (choice < 82) return this.#data(account, true);
    if (choice < 87) {
      this.#forget(at);
      return { type: "reset", streamId: account.id, errorCode: random.pick([5, 6, 7, 9, 300]) };
    }
    if (choice < 98) return this.#sign(account);
    return random.oneIn(8) ? this.#goAway() : this.#increment(account);
  }

  /** Opens `count` streams at once. */
  crowd(count: number): Phrase[] {
    return Array.from({ length: count }, () => this.#open());
  }

  /** Takes over the streams that the session has opened since. */
  #learn(): void {
    const { known } = this.#accounts;
    while (this.#seen < known.length) {
      const account = known[this.#seen++]!;
      if (this.#accounts.isLocal(account.id)) this.#live.push(account);
    }
  }

  #forget(at: number): void {
    this.#live[at] = this.#live.at(-1)!;
    this.#live.pop();
  }

  #open(): Phrase {
    const random = this.#random;
    const streamId = this.#nextId;
    this.#nextId += random.oneIn(10) ? 2 * random.between(1, 4) : 2;
    const account = this.#accounts.of(streamId);
    this.#live.push(account);
    const length = random.oneIn(2) ? 0 : Math.min(this.#length(), this.#wire.initialWindow);
    return this.#body(account, length, true, random.oneIn(10));
  }

  #data(account: StreamAccount, fin: boolean): Phrase {
    if (account.peerFinished) return this.#increment(account);
    const left = this.#wire.initialWindow + account.given - account.peerSent;
    const length = Math.max(0, Math.min(this.#length(), left));
    if (length === 0 && !fin) return this.#increment(account);
    return this.#body(account, length, false, fin);
  }

  #body(account: StreamAccount, length: number, syn: boolean, fin: boolean): Phrase {
    const body = length === 0 ? NOTHING : contentOf(account.id, account.peerSent, length);
    account.peerSent += length;
    account.peerFinished ||= fin;
    return { type: "data", streamId: account.id, syn, fin, body };
  }

  #length(): number {
    const random = this.#random;
    const choice = random.below(40);
    if (choice === 0) return this.#wire.initialWindow;
    if (choice < 3) return random.below(10_000);
    return random.below(choice < 20 ? 8 : 200);
  }

  /** Credit for bytes that arrived. A stream without such bytes may get some, too. */
  #increment(account: StreamAccount): Phrase {
    const increment = this.#random.between(1, this.#random.oneIn(4) ? 5000 : 200);
    return { type: "increment", streamId: account.id, increment };
  }

  /** Frames that only some wires have. */
  #sign(account: StreamAccount): Phrase {
    if (this.#wire.putPing === undefined) return this.#data(account, false);
    const random = this.#random;
    if (random.oneIn(2)) return { type: "ack", streamId: account.id };
    const { pingsOut } = this.#accounts;
    const value = pingsOut.shift();
    if (value !== undefined) return { type: "ping", value, isAnswer: true };
    return { type: "ping", value: ++this.#pings, isAnswer: false };
  }

  #goAway(): Phrase {
    const random = this.#random;
    const { highestOut } = this.#accounts;
    this.#lastStreamId = Math.min(this.#lastStreamId, highestOut);
    return {
      type: "goAway",
      lastStreamId: this.#lastStreamId,
      errorCode: random.oneIn(2) ? 0 : random.below(16),
      debug: random.oneIn(2) ? NOTHING : contentOf(1, 0, random.below(40)),
    };
  }
}
