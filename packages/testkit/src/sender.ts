// When bytes leave a link that has a rate: one after the other, as fast as the rate allows, in the order in which they
// came. Only arithmetic on virtual time; it holds no bytes.

/** The sending half of one direction: bytes that wait to leave, and when they will have left. Times in milliseconds. */
export class Sender {
  /** Bytes per millisecond. */
  readonly #rate: number;
  readonly #buffer: number;
  /** When the current busy time began, and how many bytes have been given to the sender since. */
  #busySince = 0;
  #given = 0;

  /**
   * @param bandwidth bytes per second.
   * @param buffer bytes that may wait to leave while there is room for more.
   */
  constructor(bandwidth: number, buffer: number) {
    this.#rate = bandwidth / 1000;
    this.#buffer = buffer;
  }

  /** Takes `length` bytes at `now`. Returns when the last of them will have left. */
  send(length: number, now: number): number {
    if (this.#idleAt <= now) {
      this.#busySince = now;
      this.#given = 0;
    }
    this.#given += length;
    return this.#idleAt;
  }

  /** Returns how long it takes from `now` until the waiting bytes fit into the buffer. */
  timeUntilRoom(now: number): number {
    const full = this.#busySince + Math.max(0, this.#given - this.#buffer) / this.#rate;
    return Math.max(0, full - now);
  }

  /** Computed from the beginning of the busy time, so that no rounding error grows with the bytes. */
  get #idleAt(): number {
    return this.#busySince + this.#given / this.#rate;
  }
}
