// Pings to the peer, which answers them at once. They measure the round trip and show that the peer is alive. Not every
// wire has pings.

import type { Clock } from "../base/clock.ts";
import { rejected, Waiter, type WaiterOwner } from "../base/waiter.ts";

/** A ping that has no answer yet. */
interface Ping {
  readonly waiter: Waiter<number>;
  /** The time of sending, in milliseconds of the session's clock. */
  readonly sentAt: number;
}

/** The parts of its session that pings use. */
export interface PingsParts {
  readonly clock: Clock;
  readonly outbound: { putPing(value: number, isAnswer: boolean): void };
  /** Returns why no ping can be sent any more; undefined if a ping can be sent. */
  refusal(): Error | undefined;
  /** Called with each measured round trip, in milliseconds. */
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

  /**
   * Resolves the ping that the peer has answered. Does nothing if there was no such ping, or if nobody waits for it any
   * more.
   */
  answered(value: number): void {
    const ping = this.#sent.get(value);
    if (ping === undefined) return;
    this.#sent.delete(value);
    const roundTrip = this.#parts.clock.now() - ping.sentAt;
    if (roundTrip > 0) this.#parts.measured(roundTrip);
    ping.waiter.resolve(roundTrip);
  }

  /** Rejects all waiting pings, because no answer will arrive any more. */
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
