// Calculates the credit that the peer has granted on one stream. Spec §6.1, §6.2.

/**
 * The least credit that a blocked write waits for, in bytes, unless it has fewer bytes left. If a peer grants one byte
 * at a time, we must not send one byte at a time (docs/threats.md, 8).
 */
const SMALLEST_SPLIT = 1024;

/** Credit for one outbound direction. Invariant: 0 ≤ available ≤ the wire's maximum. */
export class SendWindow {
  /** Bytes that may be sent now. */
  available: number;

  constructor(initial: number) {
    this.available = initial;
  }

  /** Returns how many of `length` bytes may be sent now, or 0 if they are too few for a frame. */
  admits(length: number): number {
    if (this.available >= length) return length;
    return this.available >= SMALLEST_SPLIT ? this.available : 0;
  }

  /** Takes the credit for `length` bytes, at most {@link available}. */
  spend(length: number): void {
    this.available -= length;
  }

  /**
   * Adds granted credit. If the sum would exceed `max`, the peer has made an error: returns false and changes nothing.
   */
  grant(increment: number, max: number): boolean {
    if (increment > max - this.available) return false;
    this.available += increment;
    return true;
  }
}
