// Credit on its way back to the peer: the streams for which it is due, and the increments that return it, including the
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

/** The credit that one session owes its peer. */
export class Credit {
  readonly #sink: IncrementSink;
  readonly #tuning: WindowTuning;
  /** The directions for which credit is due. Their increments leave together. */
  readonly #due: TransientMap<Receiver, true> = new TransientMap();

  constructor(sink: IncrementSink, tuning: WindowTuning) {
    this.#sink = sink;
    this.#tuning = tuning;
  }

  /** Whether credit is due. */
  get isDue(): boolean {
    return this.#due.size > 0;
  }

  /** Makes an increment for `receiver` leave with the next write. */
  owe(receiver: Receiver): void {
    // Each further frame calls this, and a map counts what is set again.
    if (!this.#due.has(receiver)) this.#due.set(receiver, true);
    this.#sink.requestFlush();
  }

  /** Sends all credit that is due. */
  send(): void {
    for (const [receiver] of this.#due) {
      // Removed first: a trace that sees the increment may read, so that more is due, or may end another stream.
      if (!this.#due.delete(receiver) || receiver.ended) continue;
      const { window, streamId } = receiver;
      const growth = receiver.discarding ? 0 : this.#tuning.growthOf(window);
      this.#sink.putIncrement(streamId, window.takeIncrement(growth));
    }
  }

  /** No more bytes come on `receiver`: its window needs no more growth. */
  ended({ window }: Receiver): void {
    this.#tuning.forget(window);
  }

  /** The stream of `receiver` has left the session. */
  forget(receiver: Receiver): void {
    this.#due.delete(receiver);
    this.#tuning.forget(receiver.window);
  }

  /** The session is over. */
  clear(): void {
    this.#due.clear();
  }
}
