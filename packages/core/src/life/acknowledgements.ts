// Streams of our own that the peer has not acknowledged, on a wire whose peers do: there are places for so many, and
// a stream that gets none waits for one, unannounced.

import { TransientMap } from "../base/transient-map.ts";
import { Opening } from "./opening.ts";

/** A stream, as far as its opening is concerned. */
interface Opened {
  opening: Opening;
  readonly isLocal: boolean;
}

/** The places for unacknowledged streams of one session. */
export class Acknowledgements<S extends Opened> {
  /** Places that are free. */
  #free: number;
  /** Streams without a place, in the order in which they were opened. */
  readonly #held: TransientMap<S, true> = new TransientMap();
  readonly #released: (stream: S) => void;

  /**
   * @param limit streams that may be unacknowledged at once.
   * @param released told of a held stream that has got its place.
   */
  constructor(limit: number, released: (stream: S) => void) {
    this.#free = limit;
    this.#released = released;
  }

  /** Gives a new stream its place, or holds it. */
  open(stream: S): void {
    if (this.#free > 0) {
      this.#free--;
    } else {
      stream.opening = Opening.held;
      this.#held.set(stream, true);
    }
  }

  /** Something has come from the peer that acknowledges `stream`, if it was not acknowledged yet. */
  acknowledge(stream: S): void {
    if (stream.opening !== Opening.awaited) return;
    stream.opening = Opening.done;
    this.#vacate();
  }

  /** `stream` has ended. */
  end(stream: S): void {
    if (stream.opening === Opening.held) this.#held.delete(stream);
    // Of the peer's streams, none has one.
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
