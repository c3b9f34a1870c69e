// The credit that we have granted on one stream, and the part of it that is to be returned: arithmetic. The session's
// tuning also keeps its data about the window here. Spec §6.3.

/**
 * The least credit in bytes that a peer has while nothing is unread, and so the smallest window. A sender that does not
 * split below this length (spec §6.2), such as ours, would wait forever with less.
 */
const LEAST_REMAINING = 1024;

/** The tuning's data about a window. */
export interface Grant {
  /** When the bytes of {@link consumed} began to count, in milliseconds of the clock. */
  since: number;
  /** Bytes that a reader has consumed since then. */
  consumed: number;
  /** Bytes by which the window has grown. */
  growth: number;
  /** Bytes of increments that a peer which clamps its credit has lost. */
  surplus: number;
}

/** Credit for one inbound direction. Invariant: remaining + unread bytes + owed = target. */
export class ReceiveWindow {
  /** Bytes that the peer may still send. */
  remaining: number;
  /**
   * Bytes of credit to return. Negative if the target is below the wire's initial credit: the peer has assumed more
   * than we want, and gets nothing until the difference is used up.
   */
  owed: number;
  /** Bytes that may be unread or on their way at any time. */
  target: number;
  /** The tuning's data about the window; null until credit is granted. */
  grant: Grant | null = null;

  constructor(initial: number, target: number) {
    this.target = Math.max(target, LEAST_REMAINING);
    this.remaining = initial;
    this.owed = this.target - initial;
  }

  /** Takes `length` arriving bytes off the credit. Returns false, and changes nothing, if the peer has exceeded it. */
  charge(length: number): boolean {
    if (length > this.remaining) return false;
    this.remaining -= length;
    return true;
  }

  /** The application has consumed `length` bytes. */
  consume(length: number): void {
    this.owed += length;
  }

  /** Whether the owed credit is worth a frame: half the window, or `step` bytes, or less if the peer needs it. */
  isDue(step: number): boolean {
    if (this.owed <= 0) return false;
    return this.owed >= Math.min(this.target >> 1, step) || this.remaining < LEAST_REMAINING;
  }

  /**
   * Grants all credit that is owed, and `growth` bytes more. Returns the sum. Growth needs no frame of its own here. A
   * stream that gets so far has a reader that keeps up.
   */
  takeIncrement(growth: number): number {
    const increment = this.owed + growth;
    this.target += growth;
    this.owed = 0;
    this.remaining += increment;
    return increment;
  }
}
