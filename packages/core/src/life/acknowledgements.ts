// Streams opened here that the peer has not acknowledged, on a wire with acknowledgements. Their number is limited:
// each of them needs a place. A stream without a place waits for one, and its SYN waits, too.

import { TransientMap } from "../base/transient-map.ts";
import { Opening } from "./opening.ts";

/** The part of a stream that concerns its opening. */
interface Opened {
  opening: Opening;
  readonly isLocal: boolean;
}

/** The places for unacknowledged streams of one session. */
export class Acknowledgements<S extends Opened> {
  /** The number of free places. */
  #free: number;
  /** Streams without a place, in the order in which they were opened. */
  readonly #held: TransientMap<S, true> = new TransientMap();
  readonly #released: (stream: S) => void;

  /**
   * @param limit streams that may be unacknowledged at once.
   * @param released called with a held stream that has got its place.
   */
  constructor(limit: number, released: (stream: S) => void) {
    this.#free = limit;
    this.#released = released;
  }

  /** Gives a new stream a place, or makes it wait for one. */
  open(stream: S): void {
    if (this.#free > 0) {
      this.#free--;
    } else {
      stream.opening = Opening.held;
      this.#held.set(stream, true);
    }
  }

  /**
   * Frees the place of `stream`, because a frame of the peer has acknowledged it. Does nothing if it was acknowledged
   * before.
   */
  acknowledge(stream: S): void {
    if (stream.opening !== Opening.awaited) return;
    stream.opening = Opening.done;
    this.#vacate();
  }

  /** Frees the place of `stream`, which has ended. */
  end(stream: S): void {
    if (stream.opening === Opening.held) this.#held.delete(stream);
    // Streams of the peer have no place.
    else if (stream.opening !== Opening.done && stream.isLocal) this.#vacate();
  }

  #vacate(): void {
    for (const [stream] of this.#held) {
      this.#held.delete(stream);
      stream.opening = Opening.syn;
      return this.#released(stream);
    }
    this.#free++;
  }
}
