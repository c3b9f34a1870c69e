// A peer without a session. A test writes frames or any bytes, and reads the answers of the session under test, on any
// wire. It follows no rule of the protocol. Everything happens at once and in the order of the calls.

import {
  muxado,
  type Role,
  Session,
  type SessionOptions,
  type Transport,
  type TransportInput,
  type Wire,
} from "@muxado/core";
import type { Frame } from "@muxado/frame";
import { concatenated } from "./bytes.ts";
import { type Dialect, dialectOf, isFrame, type Phrase } from "./dialect.ts";
import { settle, Turns } from "./turns.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** Options of {@link rawPeer}. */
export interface RawPeerOptions extends Omit<SessionOptions, "clock" | "scheduleFlush"> {
  /** The role of the session under test. The raw peer plays the other role. Default: server. */
  readonly role?: Role;
}

/** Connects a new session to a peer that a test plays by hand. */
export function rawPeer(options: RawPeerOptions = {}): RawPeer {
  return new RawPeer(options);
}

/** A peer that a test plays: frames and bytes in, frames and bytes out, in one dialect. */
export class PeerByHand<Said> {
  /** The session under test. */
  readonly session: Session;
  /** The wire of both. */
  readonly wire: Wire;
  /** The session's time. */
  readonly clock: VirtualClock = new VirtualClock();
  readonly #turns: Turns = new Turns();
  readonly #transport: RawTransport = new RawTransport();
  readonly #encode: (said: Said) => Uint8Array;
  readonly #read: (chunk: Uint8Array) => Said[];

  constructor({ role = "server", ...options }: RawPeerOptions, dialect: Dialect<Said>) {
    const { clock } = this;
    this.wire = options.wire ?? muxado;
    this.#encode = dialect.encode;
    this.#read = dialect.createReader();
    const { scheduleFlush } = this.#turns;
    this.session = new Session(this.#transport, role, { ...options, clock, scheduleFlush });
  }

  /** Sends frames, all in one chunk. The session has handled them when this returns. */
  send(...frames: Said[]): void {
    this.sendBytes(this.encode(...frames));
  }

  /** Returns the bytes of frames on the session's wire. */
  encode(...frames: Said[]): Uint8Array {
    return concatenated(frames.map(this.#encode));
  }

  /** Sends any bytes as one chunk. The session gets a copy. */
  sendBytes(bytes: Uint8Array): void {
    this.#transport.input.receive(bytes.slice());
  }

  /** Ends the session's turn as often as it asks for it: its queued output leaves, unless writes are held. */
  flush(): void {
    while (this.#turns.end());
  }

  /** Returns everything that the session has sent since the last call. Flushes first. */
  takeAll(): Said[] {
    return this.takeChunks().flatMap(this.#read);
  }

  /** Returns the same as bytes, one array for each write. Do not mix with {@link takeAll} inside a frame. */
  takeChunks(): Uint8Array[] {
    this.flush();
    return this.#transport.sent.splice(0);
  }

  /** From now on the transport confirms no write. The session has at most one under way, and the rest waits. */
  holdWrites(): void {
    this.#transport.held = true;
  }

  /** Confirms the write under way, if there is one, and all later ones. */
  releaseWrites(): void {
    this.#transport.release();
  }

  /** Half-closes the transport, like a TCP FIN; or breaks it, if there is an error. */
  end(error?: unknown): void {
    this.#transport.input.ended(error);
  }

  /** Whether the session has ended its direction of the transport. */
  get sessionHasEnded(): boolean {
    return this.#transport.hasEnded;
  }

  /** Whether the session has given up the transport. */
  get sessionHasDestroyed(): boolean {
    return this.#transport.isDestroyed;
  }

  /** Lets promise continuations run, and flushes their output, until there is no more of either. */
  async settle(): Promise<void> {
    do await settle();
    while (this.#turns.end());
  }

  /** Moves the session's clock, then settles. */
  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.settle();
  }
}

/** A peer for frames that all wires have, on the wire of the session. */
export class RawPeer extends PeerByHand<Phrase> {
  constructor(options: RawPeerOptions) {
    super(options, dialectOf(options.wire ?? muxado));
  }

  /** Returns the session's frames since the last call, without acknowledgements and pings. Flushes first. */
  take(): Frame[] {
    return this.takeAll().filter(isFrame);
  }
}

class RawTransport implements Transport {
  readonly sent: Uint8Array[] = [];
  input!: TransportInput;
  held = false;
  hasEnded = false;
  isDestroyed = false;
  #writing = false;

  start(input: TransportInput): void {
    this.input = input;
  }

  write(chunks: Uint8Array[]): void {
    if (this.#writing) throw new Error("a write while another is under way");
    if (this.hasEnded || this.isDestroyed) throw new Error("a write after the end");
    this.sent.push(concatenated(chunks));
    if (this.held) this.#writing = true;
    else this.input.written();
  }

  release(): void {
    this.held = false;
    if (!this.#writing) return;
    this.#writing = false;
    this.input.written();
  }

  end(): void {
    if (this.#writing) throw new Error("end while a write is under way");
    this.hasEnded = true;
  }

  destroy(): void {
    this.isDestroyed = true;
  }
}
