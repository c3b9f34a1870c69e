// Calculates the credit that we have granted on one stream, and the credit that we owe. The session's tuning also keeps
// its data about the window here. Spec §6.3.

/**
 * The least credit that a peer has while nothing is unread, in bytes, and so the smallest window. With less credit, a
 * sender that sends no shorter parts of a chunk (spec §6.2), such as ours, would wait forever.
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
   * Bytes of credit that we owe the peer. Negative if the target is below the wire's initial credit: the peer has more
   * credit than we want, and gets none until it has used the difference.
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

  /**
   * Takes `length` arriving bytes off the credit. If the peer has exceeded its credit, returns false and changes
   * nothing.
   */
  charge(length: number): boolean {
    if (length > this.remaining) return false;
    this.remaining -= length;
    return true;
  }

  /** Adds the credit for `length` bytes, which the application has consumed, to the credit that we owe. */
  consume(length: number): void {
    this.owed += length;
  }

  /**
   * Whether enough credit is owed for a frame: half of the window, or `step` bytes. Less is enough if the peer has
   * almost no credit left.
   */
  isDue(step: number): boolean {
    if (this.owed <= 0) return false;
    return this.owed >= Math.min(this.target >> 1, step) || this.remaining < LEAST_REMAINING;
  }

  /**
   * Grants all credit that is owed, and `growth` bytes more. Returns the sum. Growth waits until credit is owed: a
   * window grows only if its reader keeps up, so credit is owed soon.
   */
  takeIncrement(growth: number): number {
    const increment = this.owed + growth;
    this.target += growth;
    this.owed = 0;
    this.remaining += increment;
    return increment;
  }
}
