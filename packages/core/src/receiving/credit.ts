// Returns credit to the peer: it knows the streams for which credit is due, and sends the increments, including the
// growth of windows. Spec §6.3.

import { TransientMap } from "../base/transient-map.ts";
import type { ReceiveWindow } from "./receive-window.ts";
import type { WindowTuning } from "./window-tuning.ts";

/** The part of a stream's inbound direction that concerns its credit. */
export interface Receiver {
  readonly streamId: number;
  readonly window: ReceiveWindow;
  /** True if the peer has half-closed. */
  readonly ended: boolean;
  /** True if the application wants no more bytes. */
  readonly discarding: boolean;
}

/** The object that sends increments to the peer. */
interface IncrementSink {
  requestFlush(): void;
  putIncrement(streamId: number, increment: number): void;
}

/**
 * Bytes that are consumed before credit is returned, however large the window is, while the peer may clamp its credit.
 * Such a peer loses credit that comes later in one piece (spec appendix, R13).
 */
export const CAREFUL_STEP: number = 128 * 1024;

/** The credit that one session owes its peer. */
export class Credit {
  /**
   * The most bytes that are consumed before credit is returned. Half a window is enough once the peer has shown that it
   * does not clamp: each increment costs both sides a frame.
   */
  step: number = CAREFUL_STEP;
  readonly #sink: IncrementSink;
  readonly #tuning: WindowTuning;
  /** The inbound directions for which credit is due, by themselves. Their increments leave together. */
  readonly #due: TransientMap<Receiver, Receiver> = new TransientMap();

  constructor(sink: IncrementSink, tuning: WindowTuning) {
    this.#sink = sink;
    this.#tuning = tuning;
  }

  /** Whether credit is due. */
  get isDue(): boolean {
    return this.#due.size > 0;
  }

  /** Makes sure that an increment for `receiver` leaves with the next write. */
  owe(receiver: Receiver): void {
    // Each further frame calls this, and a map counts what is set again.
    if (!this.#due.has(receiver)) this.#due.set(receiver, receiver);
    this.#sink.requestFlush();
  }

  /** Sends all credit that is due. */
  send(): void {
    for (const receiver of this.#due.values()) {
      // It is removed first, because a trace that sees the increment may read, so that credit is due again. A trace may
      // also have ended this stream.
      if (!this.#due.delete(receiver) || receiver.ended) continue;
      const { window, streamId } = receiver;
      const growth = receiver.discarding ? 0 : this.#tuning.growthOf(window);
      const increment = window.takeIncrement(growth);
      if (this.#tuning.keepsAll(window, increment)) this.step = Infinity;
      this.#sink.putIncrement(streamId, increment);
    }
  }

  /** Ends the growth of the window of `receiver`, because no more bytes arrive on it. */
  ended({ window }: Receiver): void {
    this.#tuning.forget(window);
  }

  /** Drops the credit of `receiver`, whose stream has left the session. */
  forget(receiver: Receiver): void {
    this.#due.delete(receiver);
    this.#tuning.forget(receiver.window);
  }

  /** Drops all credit, because the session is over. */
  clear(): void {
    this.#due.clear();
  }
}
