// The credit that the peer has granted on one stream: only arithmetic. Spec §6.1, §6.2.

/**
 * The least credit that a blocked writer waits for, in bytes, unless it has less to send. A peer that grants one byte
 * at a time must not make us send one byte at a time (docs/threats.md, 8).
 */
const SMALLEST_SPLIT = 1024;

/** Credit for one outbound direction. Invariant: 0 ≤ available ≤ the wire's maximum. */
export class SendWindow {
  /** Bytes that may be sent now. */
  available: number;

  constructor(initial: number) {
    this.available = initial;
  }

  /** Returns the bytes of a chunk of `length` that may be sent now, or 0 if they are not worth a frame. */
  admits(length: number): number {
    if (this.available >= length) return length;
    return this.available >= SMALLEST_SPLIT ? this.available : 0;
  }

  /** Spends credit on `length` bytes, at most {@link available}. */
  spend(length: number): void {
    this.available -= length;
  }

  /** Adds a grant. Returns false, and changes nothing, if the sum would exceed `max`: the peer counts wrong. */
  grant(increment: number, max: number): boolean {
    if (increment > max - this.available) return false;
    this.available += increment;
    return true;
  }
}
