// The accounts of one session, kept from its trace: the bytes and credit that each stream has sent and received, and
// whether every frame that leaves is allowed. It sees only frames.

import type { TracedFrame, Wire } from "@muxado/core";

/** The longest body that a Rust peer should be sent (spec appendix, R16). */
const LONGEST_BODY = 64 * 1024;

/** The smallest window of a session, in bytes, whatever its options are. */
const LEAST_WINDOW = 1024;

/** The account of one stream, seen from one session. */
export class Account {
  /** Bytes of DATA that left. */
  sent = 0;
  /** Credit that arrived. */
  granted = 0;
  /** Bytes of DATA that have arrived or are arriving. */
  received = 0;
  /** Credit that left. */
  given = 0;
  synSent = false;
  synReceived = false;
  finSent = false;
  finReceived = false;
  /** True if ACK has left or arrived. For a local stream, any frame that arrived on it counts as ACK. */
  acknowledged = false;
  resetSent = false;
  resetReceived = false;
}

/** The accounts of all streams of a session. */
export class Ledger {
  readonly #initialWindow: number;
  readonly #target: number;
  readonly #report: (fault: string) => void;
  readonly #maxUnacknowledged: number;
  readonly #accounts: Map<number, Account> = new Map();
  /** Local streams that exist and that the peer has not acknowledged. */
  readonly #unacknowledged: Set<number> = new Set();
  #goAwayReceived = false;

  /**
   * @param wire the wire of the session
   * @param target the largest window that the session may have
   * @param report called with each rule that the session breaks
   */
  constructor(wire: Wire, target: number, report: (fault: string) => void) {
    this.#initialWindow = wire.initialWindow;
    this.#maxUnacknowledged = wire.maxUnacknowledged ?? Infinity;
    this.#target = Math.max(target, LEAST_WINDOW);
    this.#report = report;
  }

  account(streamId: number): Account {
    let account = this.#accounts.get(streamId);
    if (account === undefined) this.#accounts.set(streamId, (account = new Account()));
    return account;
  }

  /** The session's option `trace`. */
  readonly trace = (frame: TracedFrame): void => {
    if (frame.kind === "goAway") {
      if (frame.direction === "in") this.#goAwayReceived = true;
      return;
    }
    if (frame.kind === "ping") return;
    const account = this.account(frame.streamId);
    const fault =
      frame.direction === "in" ? this.#bookIn(account, frame) : this.#bookOut(account, frame);
    if (fault !== undefined) this.#report(`stream ${frame.streamId}: ${fault}`);
    if (this.#maxUnacknowledged < Infinity) this.#countUnacknowledged(frame.streamId, account);
  };

  #countUnacknowledged(streamId: number, account: Account): void {
    const { synSent, acknowledged, resetSent, resetReceived, finSent, finReceived } = account;
    const isAwaited =
      synSent && !(acknowledged || resetSent || resetReceived || (finSent && finReceived));
    if (!isAwaited) this.#unacknowledged.delete(streamId);
    else if (this.#unacknowledged.add(streamId).size > this.#maxUnacknowledged) {
      this.#report(`${this.#unacknowledged.size} streams without an acknowledgement`);
    }
  }

  #bookIn(account: Account, frame: StreamFrame): undefined {
    if (account.synSent) account.acknowledged = true;
    if (frame.kind === "data") {
      account.received += frame.length;
      account.synReceived ||= frame.syn;
      account.finReceived ||= frame.fin;
    } else if (frame.kind === "increment") account.granted += frame.increment;
    else if (frame.kind === "reset") account.resetReceived = true;
  }

  #bookOut(account: Account, frame: StreamFrame): string | undefined {
    switch (frame.kind) {
      case "data":
        return this.#bookData(account, frame);
      case "acknowledgement": {
        const again = account.acknowledged;
        account.acknowledged = true;
        if (!account.synReceived) return "an acknowledgement that nobody waits for";
        if (account.finSent || account.resetSent || account.resetReceived) {
          return "an acknowledgement after the end";
        }
        return again ? "a second acknowledgement" : undefined;
      }
      case "increment":
        account.given += frame.increment;
        if (account.given > account.received + Math.max(0, this.#target - this.#initialWindow)) {
          return "more credit returned than bytes received";
        }
        return account.resetSent || account.resetReceived ? "credit after a reset" : undefined;
      case "reset": {
        const again = account.resetSent;
        account.resetSent = true;
        if (frame.errorCode === 0) return "reset with code 0";
        return again ? "a second reset" : undefined;
      }
    }
  }

  #bookData(account: Account, frame: StreamFrame & { kind: "data" }): string | undefined {
    const { syn, fin, length } = frame;
    const first = !account.synSent && syn;
    const late = account.finSent || account.resetSent || account.resetReceived;
    account.synSent ||= syn;
    account.finSent ||= fin;
    account.sent += length;
    if (late) return "data after the end";
    if (syn && !first) return "a second SYN";
    if (syn && fin) return "SYN and FIN on one frame";
    if (syn && this.#goAwayReceived) return "SYN after the peer's GOAWAY";
    if (length === 0 && !syn && !fin) return "an empty frame";
    if (length > LONGEST_BODY) return `a body of ${length} bytes`;
    if (account.sent > this.#initialWindow + account.granted) return "more sent than granted";
    return undefined;
  }
}

type StreamFrame = Exclude<TracedFrame, { kind: "goAway" | "ping" }>;
