// The books of one session, kept from its trace: what each stream has sent and received, in bytes and credit,
// and whether every frame that leaves may leave. It sees frames only.

import type { TracedFrame } from "@muxado/core";

/** The longest body that a Rust peer should be sent (spec appendix, R16). */
const LONGEST_BODY = 64 * 1024;

/** The least window that a session keeps, in bytes, whatever its options say. */
const LEAST_WINDOW = 1024;

/** The account of one stream, seen from one session. */
export class Account {
  /** Bytes of DATA that left. */
  sent = 0;
  /** Credit that came. */
  granted = 0;
  /** Bytes of DATA that came, or are coming. */
  received = 0;
  /** Credit that left. */
  given = 0;
  synSent = false;
  finSent = false;
  resetSent = false;
  resetReceived = false;
}

/** The accounts of all streams of a session. */
export class Ledger {
  readonly #initialWindow: number;
  readonly #target: number;
  readonly #report: (fault: string) => void;
  readonly #accounts: Map<number, Account> = new Map();
  #goAwayReceived = false;

  /**
   * @param initialWindow the credit that each direction starts with
   * @param target the most that the session's window may be
   * @param report is told of each rule that the session breaks
   */
  constructor(initialWindow: number, target: number, report: (fault: string) => void) {
    this.#initialWindow = initialWindow;
    this.#target = Math.max(target, LEAST_WINDOW);
    this.#report = report;
  }

  account(streamId: number): Account {
    let account = this.#accounts.get(streamId);
    if (account === undefined) this.#accounts.set(streamId, (account = new Account()));
    return account;
  }

  /** For the session's option `trace`. */
  readonly trace = (frame: TracedFrame): void => {
    if (frame.kind === "goAway") {
      if (frame.direction === "in") this.#goAwayReceived = true;
      return;
    }
    const account = this.account(frame.streamId);
    const fault =
      frame.direction === "in" ? this.#bookIn(account, frame) : this.#bookOut(account, frame);
    if (fault !== undefined) this.#report(`stream ${frame.streamId}: ${fault}`);
  };

  #bookIn(account: Account, frame: StreamFrame): undefined {
    if (frame.kind === "data") account.received += frame.length;
    else if (frame.kind === "increment") account.granted += frame.increment;
    else account.resetReceived = true;
  }

  #bookOut(account: Account, frame: StreamFrame): string | undefined {
    switch (frame.kind) {
      case "data":
        return this.#bookData(account, frame);
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

type StreamFrame = Exclude<TracedFrame, { kind: "goAway" }>;
