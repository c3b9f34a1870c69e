// Credit on its way back to the peer: which streams are owed some, and the increments that return it, with what a
// window grows by. Spec §6.3.

import { TransientMap } from "../base/transient-map.ts";
import type { ReceiveWindow } from "./receive-window.ts";
import type { WindowTuning } from "./window-tuning.ts";

/** The inbound direction of one stream, as far as its credit is concerned. */
export interface Receiver {
  readonly streamId: number;
  readonly window: ReceiveWindow;
  /** The peer has half-closed. */
  readonly ended: boolean;
  /** The application wants no more of it. */
  readonly discarding: boolean;
}

/** What takes increments to the peer. */
interface IncrementSink {
  requestFlush(): void;
  putIncrement(streamId: number, increment: number): void;
}

/** The credit that one session owes its peer. */
export class Credit {
  readonly #sink: IncrementSink;
  readonly #tuning: WindowTuning;
  /** Whom credit is owed to. Their increments leave together. */
  readonly #due: TransientMap<Receiver, true> = new TransientMap();

  constructor(sink: IncrementSink, tuning: WindowTuning) {
    this.#sink = sink;
    this.#tuning = tuning;
  }

  /** Whether credit is owed. */
  get isDue(): boolean {
    return this.#due.size > 0;
  }

  /** Lets an increment for `receiver` leave with the next write. */
  owe(receiver: Receiver): void {
    this.#due.set(receiver, true);
    this.#sink.requestFlush();
  }

  /** Sends what is owed. */
  send(): void {
    for (const [receiver] of this.#due) {
      // First out of it: a trace that sees the increment may read, and more is due, or end another stream.
      if (!this.#due.delete(receiver) || receiver.ended) continue;
      const { window, streamId } = receiver;
      const growth = receiver.discarding ? 0 : this.#tuning.growthOf(window);
      this.#sink.putIncrement(streamId, window.takeIncrement(growth));
    }
  }

  /** Nothing more comes on `receiver`: its window needs no more growth. */
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
