// One direction of a simulated link. Bytes are on their way, in order, cut and joined by the seed, until they arrive,
// the sender ends, or a fault happens. A direction may have a rate. It knows no session.

import { concatenated } from "./bytes.ts";
import type { LinkClock } from "./link-clock.ts";
import type { Random } from "./random.ts";
import { Sender } from "./sender.ts";

/** Milliseconds from the least to the most. The seed draws the value between them. */
export type Span = readonly [least: number, most: number];

/** How one direction treats the bytes that it carries. */
export interface DirectionOptions {
  /** How long bytes travel. Their order is always kept. Default: no time, but a separate task. */
  readonly latency?: Span;
  /** `whole` delivers each write as it was; `cut` cuts and joins writes anywhere. Default: whole. */
  readonly chunks?: "whole" | "cut";
  /** Bytes that leave per second. `latency` begins after they have left. Default: no limit. */
  readonly bandwidth?: number;
  /** Bytes that may wait to leave before a write is confirmed only later, like a socket's send buffer. Default: 0. */
  readonly buffer?: number;
  /** With a bandwidth: the most bytes that arrive together, after the last of them has left. Default: 65 536. */
  readonly packetSize?: number;
}

/**
 * How a connection breaks.
 *
 * `end`: the receiver finds the end, and the sender notices nothing. `fail`: both find an error. `stall`: nothing
 * arrives any more, and no write is ever confirmed.
 */
export type FaultKind = "end" | "fail" | "stall";

/** The receiver of a direction. */
export interface Receiver {
  arrived(chunk: Uint8Array): void;
  /** The sender has ended, or a fault looks like that. */
  finished(error?: unknown): void;
  /** The whole connection has broken, in both directions. */
  broke(error: Error): void;
}

/** Something on its way: bytes, or the end after them. */
interface Parcel {
  readonly due: number;
  bytes: Uint8Array;
  readonly end: { readonly error?: unknown } | undefined;
}

const NOTHING = new Uint8Array(0);

/** One direction of a link. */
export class Direction {
  /** Bytes that have arrived. */
  delivered = 0;
  /** True after a fault that lets no write be confirmed. */
  stalled = false;
  readonly #clock: LinkClock;
  readonly #random: Random;
  readonly #latency: Span;
  readonly #cuts: boolean;
  readonly #receiver: Receiver;
  readonly #sender: Sender;
  readonly #packetSize: number;
  readonly #parcels: Parcel[] = [];
  #lastDue = 0;
  #scheduled = false;
  #over = false;
  #fault: { readonly after: number; readonly kind: FaultKind } | undefined;

  constructor(clock: LinkClock, random: Random, options: DirectionOptions, receiver: Receiver) {
    this.#clock = clock;
    this.#random = random;
    this.#latency = options.latency ?? [0, 0];
    this.#cuts = options.chunks === "cut";
    this.#receiver = receiver;
    const { bandwidth = Infinity, buffer = 0, packetSize = 64 * 1024 } = options;
    this.#sender = new Sender(bandwidth, buffer);
    this.#packetSize = bandwidth === Infinity ? Infinity : packetSize;
  }

  /** Takes bytes, which nobody may change any more. Returns in how many milliseconds there is room for more. */
  send(bytes: Uint8Array): number {
    for (let at = 0; at < bytes.length; at += this.#packetSize) {
      const packet = bytes.subarray(at, at + this.#packetSize);
      const left = this.#sender.send(packet.length, this.#clock.now());
      this.#post({ due: this.#draw(left), bytes: packet, end: undefined });
    }
    return this.#sender.timeUntilRoom(this.#clock.now());
  }

  /** The sender has ended. Bytes on their way still arrive. */
  end(error?: unknown): void {
    const left = this.#sender.send(0, this.#clock.now());
    this.#post({ due: this.#draw(left), bytes: NOTHING, end: { error } });
  }

  /** There is no receiver any more: bytes on their way, and all later bytes, are lost. */
  drop(): void {
    this.#over = true;
    this.#parcels.length = 0;
  }

  /** Makes a fault happen after `after` bytes have arrived, counted from the beginning; at once if they have. */
  breakAfter(after: number, kind: FaultKind): void {
    this.#fault = { after, kind };
    if (this.delivered >= after) this.#clock.setDelivery(() => this.#strike(kind), 0);
  }

  /** Returns when bytes arrive that leave at `left`. */
  #draw(left: number): number {
    const [least, most] = this.#latency;
    const delay = least === most ? least : this.#random.between(least, most);
    this.#lastDue = Math.max(this.#lastDue, left + delay);
    return this.#lastDue;
  }

  #post(parcel: Parcel): void {
    if (this.#over) return;
    this.#parcels.push(parcel);
    this.#schedule();
  }

  #schedule(): void {
    const next = this.#parcels[0];
    if (next === undefined || this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.setDelivery(() => this.#arrive(), next.due - this.#clock.now());
  }

  #arrive(): void {
    this.#scheduled = false;
    const next = this.#parcels[0];
    if (next === undefined || this.#over) return;
    if (next.end !== undefined) {
      this.drop();
      this.#receiver.finished(next.end.error);
      return;
    }
    let chunk = this.#takeChunk();
    const left = (this.#fault?.after ?? Infinity) - this.delivered;
    if (chunk.length > left) chunk = chunk.subarray(0, left);
    this.delivered += chunk.length;
    if (chunk.length > 0) this.#receiver.arrived(chunk);
    if (chunk.length === left && !this.#over) this.#strike(this.#fault!.kind);
    this.#schedule();
  }

  #takeChunk(): Uint8Array {
    const first = this.#parcels[0]!;
    const choice = this.#cuts ? this.#random.below(4) : 0;
    if (choice === 1)
      return this.#cut(first, Math.min(first.bytes.length, this.#random.between(1, 16)));
    if (choice === 2) return this.#cut(first, this.#random.between(1, first.bytes.length));
    return choice === 3 ? this.#join() : this.#cut(first, first.bytes.length);
  }

  #cut(parcel: Parcel, length: number): Uint8Array {
    const chunk = parcel.bytes.subarray(0, length);
    if (length === parcel.bytes.length) this.#parcels.shift();
    else parcel.bytes = parcel.bytes.subarray(length);
    return chunk;
  }

  /** Returns everything that is due, as one chunk. */
  #join(): Uint8Array {
    const now = this.#clock.now();
    const pieces: Uint8Array[] = [];
    let next = this.#parcels[0];
    while (next !== undefined && next.end === undefined && next.due <= now) {
      pieces.push(next.bytes);
      this.#parcels.shift();
      next = this.#parcels[0];
    }
    return concatenated(pieces);
  }

  #strike(kind: FaultKind): void {
    if (this.#over) return;
    this.drop();
    if (kind === "end") this.#receiver.finished();
    else if (kind === "fail") this.#receiver.broke(new Error("the simulated link has failed"));
    else this.stalled = true;
  }
}
