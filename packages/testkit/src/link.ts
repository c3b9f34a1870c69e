// A connection in memory: two transports, with latency, a rate, cuts and faults. A seed chooses everything random. It
// checks that sessions keep the transport's contract, and throws when a session breaks it.

import type { Transport, TransportInput } from "@muxado/core";
import { concatenated } from "./bytes.ts";
import {
  Direction,
  type DirectionOptions,
  type FaultKind,
  type Receiver,
  type Span,
} from "./direction.ts";
import type { LinkClock } from "./link-clock.ts";
import { Random } from "./random.ts";

/** How a link treats both of its directions. */
export interface LinkOptions extends DirectionOptions {
  /** How long a write takes. Without a value, it is confirmed within the call. Default: none. */
  readonly writeTime?: Span;
  /** The source of everything random. Default: a new one, seeded with 1. */
  readonly random?: Random;
  /** Called with each write, as bytes that must not be changed. */
  readonly tap?: (from: "client" | "server", bytes: Uint8Array) => void;
}

/** Fills memory that the session has given back. A session that still refers to it shows this to its readers. */
const POISON = 0xdb;

/** Two transports, connected. */
export class Link {
  readonly client: LinkEnd;
  readonly server: LinkEnd;

  constructor(clock: LinkClock, options: LinkOptions = {}) {
    const random = options.random ?? new Random(1);
    this.client = new LinkEnd("client", clock, random, options);
    this.server = new LinkEnd("server", clock, random, options);
    this.client.connect(this.server, options);
    this.server.connect(this.client, options);
  }

  /** Makes the connection break after `after` bytes have arrived at the given end. */
  breakAfter(at: "client" | "server", after: number, kind: FaultKind): void {
    (at === "client" ? this.server : this.client).outbound.breakAfter(after, kind);
  }
}

/** One end of a link: a session's transport. */
export class LinkEnd implements Transport, Receiver {
  /** The bytes that this end sends. */
  outbound!: Direction;
  /** True if the session has ended its direction. */
  hasEnded = false;
  /** True if the session has given up the connection. */
  isDestroyed = false;
  readonly #clock: LinkClock;
  readonly #random: Random;
  readonly #writeTime: Span;
  readonly #tap: ((bytes: Uint8Array) => void) | undefined;
  #peer!: LinkEnd;
  #input: TransportInput | undefined;
  #writing: { readonly chunks: readonly Uint8Array[]; readonly copy: Uint8Array } | undefined;
  #over = false;

  constructor(name: "client" | "server", clock: LinkClock, random: Random, options: LinkOptions) {
    const { tap } = options;
    this.#tap = tap && ((bytes) => tap(name, bytes));
    this.#clock = clock;
    this.#random = random;
    this.#writeTime = options.writeTime ?? [0, 0];
  }

  connect(peer: LinkEnd, options: DirectionOptions): void {
    this.#peer = peer;
    this.outbound = new Direction(this.#clock, this.#random, options, peer);
  }

  /** Breaks the connection now. Both sides find an error, and bytes on their way are lost. */
  fail(error: Error = new Error("the simulated link was cut")): void {
    this.broke(error);
  }

  start(input: TransportInput): void {
    this.#input = input;
  }

  write(chunks: Uint8Array[]): void {
    expectContract(this.#writing === undefined, "write while another is under way");
    expectContract(!this.hasEnded && !this.isDestroyed, "write after the end");
    expectContract(
      chunks.length > 0 && chunks.every((chunk) => chunk.length > 0),
      "write of nothing",
    );
    const copy = concatenated(chunks);
    this.#writing = { chunks, copy };
    this.#tap?.(copy);
    // The receiver owns the bytes that arrive, and may write into them before this end has compared.
    const untilRoom = this.outbound.send(copy.slice());
    const [least, most] = this.#writeTime;
    const drawn = least === most ? least : this.#random.between(least, most);
    const delay = Math.max(drawn, untilRoom);
    if (delay === 0 && !this.outbound.stalled) this.#written();
    else this.#clock.setDelivery(() => this.#written(), delay);
  }

  end(): void {
    expectContract(this.#writing === undefined, "end while a write is under way");
    expectContract(!this.hasEnded && !this.isDestroyed, "end after the end");
    this.hasEnded = true;
    this.outbound.end();
  }

  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.#peer.outbound.drop();
    // A platform closes or resets a connection that was given up in the middle: the peer may find either.
    if (!this.hasEnded)
      this.outbound.end(this.#random.oneIn(2) ? new Error("reset by peer") : undefined);
    // A platform's socket also reports its end to the side that gave it up.
    this.#clock.setDelivery(() => this.#end(undefined), 0);
  }

  arrived(chunk: Uint8Array): void {
    if (this.#over || this.isDestroyed) return;
    // Memory that the session does not keep is used again: here for bytes that no test sends.
    if (!this.#input!.receive(chunk)) chunk.fill(POISON);
  }

  finished(error?: unknown): void {
    this.#end(error);
  }

  broke(error: Error): void {
    this.outbound.drop();
    this.#peer.outbound.drop();
    this.#end(error);
    this.#peer.#end(error);
  }

  #written(): void {
    const { chunks, copy } = this.#writing!;
    if (this.outbound.stalled || this.isDestroyed) return;
    expectContract(areWhole(chunks, copy), "bytes of a write changed before it was done");
    this.#writing = undefined;
    this.#input!.written();
  }

  #end(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#input!.ended(error);
  }
}

/** Whether `chunks` still have the bytes of `copy`. */
function areWhole(chunks: readonly Uint8Array[], copy: Uint8Array): boolean {
  let at = 0;
  for (const chunk of chunks) {
    for (let i = 0; i < chunk.length; i++) if (chunk[i] !== copy[at + i]) return false;
    at += chunk.length;
  }
  return true;
}

function expectContract(kept: boolean, breach: string): void {
  if (!kept) throw new Error(`a session broke the transport's contract: ${breach}`);
}
