// Pings to the peer, which it answers at once. They measure the round trip and show that the peer is there. Only on
// wires that have pings.

import type { Clock } from "../base/clock.ts";
import { rejected, Waiter, type WaiterOwner } from "../base/waiter.ts";

/** A ping that has no answer yet. */
interface Ping {
  readonly waiter: Waiter<number>;
  /** When it was sent, in milliseconds of the session's clock. */
  readonly sentAt: number;
}

/** The parts of its session that pings use. */
export interface PingsParts {
  readonly clock: Clock;
  readonly outbound: { putPing(value: number, isAnswer: boolean): void };
  /** Returns why no ping can be sent any more; undefined if one can. */
  refusal(): Error | undefined;
  /** A round trip has taken `roundTrip` milliseconds. */
  measured(roundTrip: number): void;
}

/** The pings of one session that wait for their answers. */
export class Pings implements WaiterOwner {
  readonly #parts: PingsParts;
  /** The pings by the value that the answer repeats. */
  readonly #sent: Map<number, Ping> = new Map();
  #next = 0;

  constructor(parts: PingsParts) {
    this.#parts = parts;
  }

  /** Sends a ping. Resolves with the round trip in milliseconds. */
  send(signal: AbortSignal | undefined): Promise<number> {
    if (signal?.aborted) return rejected(signal.reason);
    const { clock, outbound } = this.#parts;
    const refusal = this.#parts.refusal();
    if (refusal !== undefined) return rejected(refusal);
    const waiter = new Waiter<number>(this, signal);
    const value = this.#next;
    this.#next = (value + 1) >>> 0;
    this.#sent.set(value, { waiter, sentAt: clock.now() });
    outbound.putPing(value, false);
    return waiter.promise;
  }

  /** The peer has answered. Perhaps nobody sent this ping, or nobody waits for it any more. */
  answered(value: number): void {
    const ping = this.#sent.get(value);
    if (ping === undefined) return;
    this.#sent.delete(value);
    const roundTrip = this.#parts.clock.now() - ping.sentAt;
    if (roundTrip > 0) this.#parts.measured(roundTrip);
    ping.waiter.resolve(roundTrip);
  }

  /** No answer will come any more. */
  fail(error: () => unknown): void {
    for (const { waiter } of this.#sent.values()) waiter.reject(error());
    this.#sent.clear();
  }

  abandon(waiter: object): void {
    for (const [value, ping] of this.#sent) {
      if (ping.waiter === waiter) this.#sent.delete(value);
    }
  }
}
