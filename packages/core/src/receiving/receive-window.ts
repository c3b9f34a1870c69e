// The credit that we have granted on one stream, and what of it is to be returned: arithmetic, and the place where
// the session's tuning keeps what it knows of the window. Spec §6.3.

/**
 * The most that is consumed before credit is returned, in bytes, however large the window: a Rust peer
 * clamps its credit and loses what comes later in one piece (spec appendix, R13).
 */
const MOST_OWED = 128 * 1024;

/**
 * The least credit that a peer is left with while nothing is unread, in bytes, and so the smallest window: a
 * sender that does not split below this much (spec §6.2), as ours, would wait for ever on less.
 */
const LEAST_REMAINING = 1024;

/** What a reader has consumed of a window, since when, in the clock's milliseconds, and by how much that has grown. */
export interface Grant {
  since: number;
  consumed: number;
  growth: number;
}

/** Credit for one inbound direction. Invariant: remaining + unread bytes + owed = target. */
export class ReceiveWindow {
  /** Bytes that the peer may still send. */
  remaining: number;
  /**
   * Bytes of credit to return. Negative while a target below the wire's initial credit is being reached:
   * the peer has assumed more than we want, and gets nothing until that is used up.
   */
  owed: number;
  /** Bytes that may be unread or on their way at any time. */
  target: number;
  /** What the session's tuning knows of it; null until credit is granted. */
  grant: Grant | null = null;

  constructor(initial: number, target: number) {
    this.target = Math.max(target, LEAST_REMAINING);
    this.remaining = initial;
    this.owed = this.target - initial;
  }

  /** Takes `length` arriving bytes off the credit. False, and unchanged, if the peer has overrun it. */
  charge(length: number): boolean {
    if (length > this.remaining) return false;
    this.remaining -= length;
    return true;
  }

  /** The application has consumed `length` bytes. */
  consume(length: number): void {
    this.owed += length;
  }

  /** Whether enough is owed to be worth a frame: half the window, or {@link MOST_OWED}; or the peer needs it. */
  get due(): boolean {
    if (this.owed <= 0) return false;
    return this.owed >= Math.min(this.target >> 1, MOST_OWED) || this.remaining < LEAST_REMAINING;
  }

  /**
   * Grants all that is owed, and `growth` bytes more, and says how much that is. Growing here costs no frame: a
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
