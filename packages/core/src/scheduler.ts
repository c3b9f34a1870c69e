// Turns: the ring of streams that have output and the credit to send it. Each turn is one frame, so that no
// stream waits for another's whole message. It decides who is next and how long the frame may be.

import type { Outbound } from "./outbound.ts";
import { LONGEST_BODY } from "./send-side.ts";
import type { Stream } from "./stream.ts";

/** The longest body of one frame, in bytes, while other streams wait for their turn. */
const SHARED_BODY = 16 * 1024;

/** Round robin over the streams that are ready to send. */
export class Scheduler {
  #first: Stream | null = null;
  #last: Stream | null = null;
  readonly #outbound: Outbound;

  constructor(outbound: Outbound) {
    this.#outbound = outbound;
  }

  /** Whether streams wait for their turn. */
  get isWaiting(): boolean {
    return this.#first !== null;
  }

  /** Lets `stream` take turns, if it has something to send and is not in the ring yet. */
  schedule(stream: Stream): void {
    if (stream.sending.scheduled || !stream.sending.ready) return;
    this.#append(stream);
    this.#outbound.requestFlush();
  }

  /** Gives turns while the transport's budget has room, and says whether some stream still waits for one. */
  fill(): boolean {
    const outbound = this.#outbound;
    while (this.#first !== null && outbound.hasRoom) {
      const stream = this.#first;
      const { sending } = stream;
      this.#first = sending.next;
      if (this.#first === null) this.#last = null;
      sending.next = null;
      sending.scheduled = false;
      // A stream that has failed, or whose write was taken back, stays in the ring until its turn.
      if (!sending.ready) continue;
      sending.sendNext(this.#first === null ? LONGEST_BODY : SHARED_BODY);
      if (sending.ready) this.#append(stream);
    }
    return this.#first !== null;
  }

  #append(stream: Stream): void {
    stream.sending.scheduled = true;
    if (this.#last === null) this.#first = stream;
    else this.#last.sending.next = stream;
    this.#last = stream;
  }
}
