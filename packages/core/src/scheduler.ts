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
      const stream: Stream = this.#first;
      const { sending } = stream;
      this.remove(stream);
      // Its write may have been taken back.
      if (!sending.ready) continue;
      sending.sendNext(this.#first === null ? LONGEST_BODY : SHARED_BODY);
      if (sending.ready) this.#append(stream);
    }
    return this.#first !== null;
  }

  /** Takes `stream` out, wherever it stands: one that has ended must not be kept by a transport that is stuck. */
  remove(stream: Stream): void {
    const { sending } = stream;
    if (!sending.scheduled) return;
    const { next, previous } = sending;
    if (previous === null) this.#first = next;
    else previous.sending.next = next;
    if (next === null) this.#last = previous;
    else next.sending.previous = previous;
    sending.next = sending.previous = null;
    sending.scheduled = false;
  }

  #append(stream: Stream): void {
    const { sending } = stream;
    sending.scheduled = true;
    sending.previous = this.#last;
    if (this.#last === null) this.#first = stream;
    else this.#last.sending.next = stream;
    this.#last = stream;
  }
}
