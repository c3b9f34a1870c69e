// When bytes leave a link that has a rate: one after the other, as fast as the rate allows, in the order in which
// they came. Arithmetic on virtual time; it holds no bytes.

/** The sending half of one direction: what waits to leave, and when it will have left. Times in milliseconds. */
export class Sender {
  /** Bytes per millisecond. */
  readonly #rate: number;
  readonly #buffer: number;
  /** Since when bytes have been leaving without a pause, and how many have been given to it since. */
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

  /** Takes `length` bytes at `now`, and says when the last of them will have left. */
  send(length: number, now: number): number {
    if (this.#idleAt <= now) {
      this.#busySince = now;
      this.#given = 0;
    }
    this.#given += length;
    return this.#idleAt;
  }

  /** How long it takes from `now` until no more bytes wait than fit into the buffer. */
  timeUntilRoom(now: number): number {
    const full = this.#busySince + Math.max(0, this.#given - this.#buffer) / this.#rate;
    return Math.max(0, full - now);
  }

  /** Reckoned from the beginning of the busy time, so that no error of rounding grows with the bytes. */
  get #idleAt(): number {
    return this.#busySince + this.#given / this.#rate;
  }
}
