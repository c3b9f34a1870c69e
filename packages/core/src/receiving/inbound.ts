// Passes the transport's chunks to the wire's decoder, and limits the output that they may provoke while the transport
// takes no writes. docs/threats.md, 6.

import { unshared } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import type { Counters } from "../life/counters.ts";
import type { WireDecoder } from "../seams/wire.ts";
import type { Loan } from "./loan.ts";

/**
 * The most output, in bytes, that may wait behind a write under way when input arrives, in addition to the transport
 * budget for bodies. Each stream that was open meanwhile adds `WAITING_PER_STREAM` bytes. With the default budget, the
 * sum is a mebibyte without streams. More output than this must be control frames that the peer provokes and does not
 * read.
 */
const MOST_WAITING = 768 * 1024;
const WAITING_PER_STREAM = 32;

/** The parts of its session that the inbound side uses. */
export interface InboundParts {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly decoder: WireDecoder;
  readonly loan: Loan;
  readonly outbound: {
    readonly underWay: number;
    readonly waiting: number;
    readonly budget: { readonly bytes: number };
  };
  readonly table: { readonly mostLately: number };
  /** Whether the session is over. */
  isOver(): boolean;
  /** Ends the session, because the peer has exceeded a limit. `detail` says which one. */
  flooded(detail: string): void;
}

/** The inbound side of a session. */
export class Inbound {
  readonly #parts: InboundParts;

  constructor(parts: InboundParts) {
    this.#parts = parts;
  }

  /** Takes a chunk from the transport. Returns whether the session keeps its memory. */
  receive(chunk: Uint8Array): boolean {
    const { clock, counters, decoder, loan, outbound, table } = this.#parts;
    if (this.#parts.isOver()) return false;
    counters.inputAt = Math.max(0, Math.trunc(clock.now()));
    counters.bytesReceived += chunk.length;
    const own = unshared(chunk);
    loan.begin();
    decoder.push(own);
    const isKept = loan.end() && own === chunk;
    if (outbound.underWay === 0) return isKept;
    // The answers of the application count, too, because the peer provokes them as well.
    const most = MOST_WAITING + outbound.budget.bytes + WAITING_PER_STREAM * table.mostLately;
    if (outbound.waiting > most) this.#parts.flooded("does not read the answers that it provokes");
    return isKept;
  }

  /** The bytes that an incomplete frame still needs; 0 if no frame has begun. */
  get pending(): number {
    return this.#parts.decoder.pending;
  }

  /** Ignores everything that still arrives. */
  stop(): void {
    this.#parts.decoder.stop();
  }
}
