// The bytes that an application reads of one stream: all that have arrived, once, in order, and nothing else. Many
// reads may be under way, and their promises may settle at any time.

import type { StreamAccount } from "./accounts.ts";
import type { Faults } from "./faults.ts";

/** One read: its result after it is known; undefined if it has none. */
interface Read {
  isDone: boolean;
  chunk: Uint8Array | null | undefined;
}

/** The reads of one stream. */
export class Reading {
  readonly #account: StreamAccount;
  readonly #faults: Faults;
  /** In the order in which they began, from the first that is not done. */
  readonly #reads: Read[] = [];
  /** Bytes that were read of the body at `#bodyAt`. All bodies before it were read, too. */
  #offset = 0;
  #bodyAt = 0;

  constructor(account: StreamAccount, faults: Faults) {
    this.#account = account;
    this.#faults = faults;
  }

  /** A read begins. */
  begin(): Read {
    const read = { isDone: false, chunk: undefined };
    this.#reads.push(read);
    return read;
  }

  /** A read has got bytes, the end (null), or nothing (undefined). */
  done(read: Read, chunk: Uint8Array | null | undefined): void {
    read.isDone = true;
    read.chunk = chunk;
    while (this.#reads[0]?.isDone) this.#judge(this.#reads.shift()!.chunk);
  }

  #judge(chunk: Uint8Array | null | undefined): void {
    const { finIn, bodies, id, isUnclear, readsInOrder } = this.#account;
    if (chunk === undefined || isUnclear || !readsInOrder) return;
    if (chunk === null) {
      if (!finIn) this.#faults.add("read: an end that nobody has sent", `${id}`);
      if (this.#bodyAt < bodies.length) {
        this.#faults.add("read: an end before all was read", `${id}`);
      }
      return;
    }
    for (let at = 0; at < chunk.length; at++) {
      const body = bodies[this.#bodyAt];
      if (body === undefined || body[this.#offset] !== chunk[at]) {
        this.#faults.add("read: other bytes than came", `${id}`);
        return;
      }
      if (++this.#offset === body.length) {
        this.#offset = 0;
        this.#bodyAt++;
      }
    }
  }
}
