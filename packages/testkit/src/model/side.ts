// One side of a schedule: a session, its accounts, and the actions of its application.

import { MuxadoError, type Session, type SessionEnd } from "@muxado/core";
import type { Ledger } from "./ledger.ts";
import type { End } from "./stream-model.ts";

/** A session and its application. */
export class Side {
  readonly name: "client" | "server";
  readonly session: Session;
  readonly ledger: Ledger;
  /** True if streams may be refused because few may wait for `accept`. */
  readonly smallBacklog: boolean;
  /** The ends that the application holds. */
  readonly ends: End[] = [];
  /** True if it accepts whenever it can. */
  accepting = false;
  /** Accepts that wait. */
  waitingAccepts = 0;
  /** Pings without an answer. */
  waitingPings = 0;
  /** True if it has gone away or begun to close. */
  refuses = false;
  /** True if either side was destroyed, the link broke, or a deadline may pass: anything may be cut short. */
  disturbed = false;
  /** The description of the end, after there is one. */
  end: SessionEnd | undefined;

  constructor(name: "client" | "server", session: Session, ledger: Ledger, smallBacklog: boolean) {
    this.name = name;
    this.session = session;
    this.ledger = ledger;
    this.smallBacklog = smallBacklog;
  }

  /** An open, accept or ping has failed. Returns why it must not have failed. */
  refused(error: unknown, peer: Side): string | undefined {
    if (!MuxadoError.is(error)) return `an error of another kind: ${String(error)}`;
    if (error.retry !== "safe") return `refused, but not safe to retry: ${String(error)}`;
    if (this.refuses || peer.refuses || this.disturbed) return undefined;
    return `refused without a reason: ${String(error)}`;
  }
}
