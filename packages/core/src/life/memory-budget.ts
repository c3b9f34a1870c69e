// The memory that one session may take for its peer's sake: what has arrived and is not read, and what is written
// and cannot be sent. Counts, what may be promised of it, and who has to pay when it is exceeded; docs/threats.md, 6, 9,
// 13 and 16, docs/decisions/0028.

/** After a breach, as much of the budget is freed as makes the next one wait. */
const RELIEVED = 7 / 8;

/** The part of the budget that windows may grow into. The rest is for what every stream may hold without having grown. */
const GROWTH = 1 / 4;

/** The least part that accepted streams may fill, however many may wait to be accepted. */
const LEAST_ROOM = 1 / 4;

/** The part for what a peer has left behind on streams that it has reset. */
const REMAINS = 1 / 8;

/** What a stream that is kept for its unread bytes costs besides, in bytes. */
const STREAM_COST = 1024;

/** What there is to know of a session before anything arrives. */
export interface MemoryPlan {
  /** The budget, in bytes. */
  readonly limit: number;
  /** Bytes that a stream may hold unread without its window having grown. */
  readonly window: number;
  /** Streams that may wait to be accepted. */
  readonly backlog: number;
}

/** A stream that holds memory of the budget. */
export interface Holder {
  /** Bytes of the budget that it holds: unread, or written and without the peer's credit. */
  readonly held: number;
  /** Ends it, so that it holds nothing any more. */
  pay(): void;
}

/** Bytes that have arrived on a stream that the peer has reset. */
export interface Leftover {
  /** Drops them. */
  drop(): void;
}

/** Whose unread bytes they are: those of a stream that was opened here, or by the peer and accepted, or not yet. */
export type UnreadOwner = "own" | "accepted" | "unaccepted";

/** Counters of a session's memory, in bytes. */
export class MemoryBudget {
  /** The most that may count. */
  readonly #limit: number;
  /** Bytes that a stream may hold unread without its window having grown. */
  readonly #window: number;
  /** Memory behind what has arrived and is not read yet. */
  #unread = 0;
  /** The part of it that fits into the first windows of streams opened here. It does not count: they were our wish. */
  #wished = 0;
  /** Bytes of writes that wait in their streams and count. */
  #unsent = 0;
  #stalled = 0;
  /** Accepted streams of the peer's that have unread bytes: each may fill its window. */
  #behind = 0;
  /** Accepted streams of the peer's that may have unread bytes when one more is accepted. */
  readonly #mostBehind: number;
  /** Credit that windows have been given beyond their first size: what it may yet bring counts beforehand. */
  #grown = 0;
  /** Streams that the peer has reset and that have unread bytes, with what they cost; the oldest first. */
  readonly #remains: Map<Leftover, number> = new Map();
  #remaining = 0;
  readonly #holders: () => readonly Holder[];
  readonly #roomAgain: () => void;

  /**
   * @param holders the streams that may have to pay.
   * @param roomAgain called when one more stream may be accepted.
   */
  constructor(
    { limit, window, backlog }: MemoryPlan,
    holders: () => readonly Holder[],
    roomAgain: () => void,
  ) {
    this.#limit = limit;
    this.#window = window;
    this.#holders = holders;
    this.#roomAgain = roomAgain;
    const waiting = Math.min(backlog * window, limit);
    const room =
      limit === Infinity ? limit : Math.max((1 - GROWTH) * limit - waiting, LEAST_ROOM * limit);
    this.#mostBehind = Math.floor(room / window);
  }

  /** Memory behind what has arrived and is not read yet. */
  get unread(): number {
    return this.#unread;
  }

  /** Bytes of writes that wait in their streams and count. */
  get unsent(): number {
    return this.#unsent;
  }

  /** The part of them that waits for the peer's credit. A slow transport is nobody's fault. */
  get stalled(): number {
    return this.#stalled;
  }

  /** Whether streams have to pay. */
  get exceeded(): boolean {
    return this.#charged > this.#limit;
  }

  /** Whether one more stream may be accepted, and then fill its window as all the others may. */
  get mayAccept(): boolean {
    return this.#behind === 0 || this.#behind < this.#mostBehind;
  }

  /** The unread memory of one stream has changed from `before` to `after`. */
  account(owner: UnreadOwner, before: number, after: number): void {
    this.#unread += after - before;
    if (owner === "own") {
      this.#wished += this.#wishedOf(after) - this.#wishedOf(before);
    } else if (owner === "accepted") {
      if (before === 0 && after > 0) this.#behind++;
      if (before > 0 && after === 0) {
        this.#behind--;
        this.#roomAgain();
      }
    }
  }

  /** A stream of the peer's that has unread bytes has been accepted. */
  accepted(): void {
    this.#behind++;
  }

  /** The part of so much unread memory of one stream that counts. */
  chargeOf(owner: UnreadOwner, unread: number): number {
    return owner === "own" ? unread - this.#wishedOf(unread) : unread;
  }

  /** So many bytes of writes more wait in their streams, or fewer. */
  keep(change: number): void {
    this.#unsent += change;
  }

  /** So many of them more wait for the peer's credit, or fewer. */
  stall(change: number): void {
    this.#stalled += change;
  }

  /** None of them waits for credit any more. */
  endStalls(): void {
    this.#stalled = 0;
  }

  /**
   * Takes up to `wanted` bytes for the growth of a window that has grown by `taken` bytes, and says how many: never
   * more than its share, if there are so many `sharers`.
   */
  takeGrowth(wanted: number, taken: number, sharers: number): number {
    const pool = this.#limit * GROWTH;
    const left =
      Math.min(pool, this.#limit - this.#unread + this.#wished - this.#unsent) - this.#grown;
    const growth = Math.max(0, Math.floor(Math.min(wanted, left, pool / sharers - taken)));
    this.#grown += growth;
    return growth;
  }

  /** A window that has grown by so many bytes is gone. */
  giveBack(growth: number): void {
    this.#grown -= growth;
  }

  /** If usage exceeds the budget: ends the streams that hold the most, until it is below 7/8 of the budget. */
  relieve(): void {
    if (!this.exceeded) return;
    const holders = this.#holders()
      .map((holder) => ({ holder, held: holder.held }))
      .filter(({ held }) => held > 0)
      .sort((one, other) => other.held - one.held);
    for (const { holder } of holders) {
      if (this.#charged <= this.#limit * RELIEVED) return;
      holder.pay();
    }
  }

  /**
   * The peer has reset a stream that has so many unread bytes. The oldest such streams lose theirs when all have too
   * many together: resetting costs a peer nothing.
   */
  leave(leftover: Leftover, bytes: number): void {
    if (bytes === 0) return;
    this.#keep(leftover, bytes);
    for (const [oldest] of this.#remains) {
      if (this.#remaining <= this.#limit * REMAINS) return;
      // Before it is told, which asks what is left over.
      this.#forget(oldest);
      oldest.drop();
    }
  }

  /** So many of them are left, if they count. */
  leftOver(leftover: Leftover, bytes: number): void {
    if (!this.#remains.has(leftover)) return;
    this.#forget(leftover);
    if (bytes > 0) this.#keep(leftover, bytes);
  }

  #keep(leftover: Leftover, bytes: number): void {
    const cost = bytes + STREAM_COST;
    this.#remains.set(leftover, cost);
    this.#remaining += cost;
  }

  get #charged(): number {
    return this.#unread - this.#wished + this.#stalled;
  }

  #forget(leftover: Leftover): void {
    this.#remaining -= this.#remains.get(leftover) ?? 0;
    this.#remains.delete(leftover);
  }

  /** The part of so much memory that our own opening of a stream has asked for. */
  #wishedOf(bytes: number): number {
    return Math.min(bytes, this.#window);
  }
}
