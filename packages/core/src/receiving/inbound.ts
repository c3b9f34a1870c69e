// What arrives: chunks of the transport on their way into the wire's decoder, and the limit on output that they may
// provoke while the transport takes none. It knows no streams. docs/threats.md, 6.

import { unshared } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import type { Counters } from "../life/counters.ts";
import type { WireDecoder } from "../seams/wire.ts";

/**
 * The most output, in bytes, that may wait behind a write that is under way when input arrives, besides what the budget
 * lets bodies take, and how much more for each stream that was open meanwhile: a mebibyte, with the default budget. So
 * much is control frames: a peer that provokes them and does not read has gone too far.
 */
const MOST_WAITING = 768 * 1024;
const WAITING_PER_STREAM = 32;

/** What the inbound side needs of its session. */
export interface InboundParts {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly decoder: WireDecoder;
  readonly outbound: { readonly underWay: number; readonly waiting: number };
  readonly table: { readonly mostLately: number };
  readonly options: { readonly transportBudget: number };
  /** Whether the session is over. */
  isOver(): boolean;
  /** The peer has gone too far; `detail` says in what. */
  flooded(detail: string): void;
}

/** The inbound side of a session. */
export class Inbound {
  readonly #parts: InboundParts;
  readonly #most: number;

  constructor(parts: InboundParts) {
    this.#parts = parts;
    this.#most = MOST_WAITING + parts.options.transportBudget;
  }

  /** A chunk from the transport. It is the session's now. */
  receive(chunk: Uint8Array): void {
    const { clock, counters, decoder, outbound, table } = this.#parts;
    if (this.#parts.isOver()) return;
    counters.inputAt = Math.max(0, Math.trunc(clock.now()));
    counters.bytesReceived += chunk.length;
    decoder.push(unshared(chunk));
    if (outbound.underWay === 0) return;
    // Answers of every kind count: the application's own are provoked as well as ours.
    const most = this.#most + WAITING_PER_STREAM * table.mostLately;
    if (outbound.waiting > most) this.#parts.flooded("does not read what it provokes");
  }

  /** Bytes of a frame that is not complete. */
  get pending(): number {
    return this.#parts.decoder.pending;
  }

  /** Ignores all that still arrives. */
  stop(): void {
    this.#parts.decoder.stop();
  }
}
