// A peer that a test plays by hand: it sends frames of Yamux, or any bytes, and reads what a session answers. It
// follows no rule of the protocol. Everything happens at once and in the order of the calls, in virtual time.

import {
  type Role,
  Session,
  type SessionOptions,
  type Transport,
  type TransportInput,
} from "@muxado/core";
import { bytes, settle, Turns, VirtualClock } from "@muxado/testkit";
import { encode, type Frame, FrameDecoder, yamux, type YamuxOptions } from "@muxado/yamux";

/** Options of a {@link Peer}: the session's, its wire's, and its role. */
export interface PeerOptions
  extends Omit<SessionOptions, "wire" | "clock" | "scheduleFlush">,
    YamuxOptions {
  /** The role of the session under test; the peer plays the other. Default: client. */
  readonly role?: Role;
}

/** A session, and what a test does to it. Unless a test asks for it, the session sends no pings by itself. */
export class Peer {
  readonly session: Session;
  readonly clock: VirtualClock = new VirtualClock();
  readonly #turns: Turns = new Turns();
  readonly #transport: HeldTransport = new HeldTransport();
  readonly #decoder: FrameDecoder = new FrameDecoder();

  constructor(options: PeerOptions = {}) {
    const { role, maxUnacknowledged, keepAlive, pingTimeout, ...others } = {
      role: "client" as const,
      keepAlive: Infinity,
      ...options,
    };
    const wire = yamux({ maxUnacknowledged, keepAlive, pingTimeout });
    const { clock } = this;
    const { scheduleFlush } = this.#turns;
    this.session = new Session(this.#transport, role, { ...others, wire, clock, scheduleFlush });
  }

  /** Sends frames, all in one chunk. The session has handled them when this returns. */
  send(...frames: Frame[]): void {
    this.sendBytes(Uint8Array.from(frames.flatMap((frame) => [...encode(frame)])));
  }

  /** Sends any bytes as one chunk. */
  sendBytes(chunk: Uint8Array): void {
    this.#transport.input.receive(chunk);
  }

  /** The frames that the session has sent since the last call. Its turn ends first, as often as it asks for. */
  takeFrames(): Frame[] {
    while (this.#turns.end());
    return this.#transport.sent.splice(0).flatMap((chunk) => [...this.#decoder.decode(chunk)]);
  }

  /** The same in one line each. */
  take(): string[] {
    return this.takeFrames().map(brief);
  }

  /** From now on the transport confirms no write: one is under way at the most, and the rest waits. */
  holdWrites(): void {
    this.#transport.isHeld = true;
  }

  /** Confirms the write under way, and all that come. */
  releaseWrites(): void {
    this.#transport.release();
  }

  /** Half-closes the transport, or breaks it, if there is an error. */
  end(error?: unknown): void {
    this.#transport.input.ended(error);
  }

  /** Lets promise continuations run, and ends the turns that they cause, until neither has anything to do. */
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

class HeldTransport implements Transport {
  readonly sent: Uint8Array[] = [];
  input!: TransportInput;
  isHeld = false;
  #isWriting = false;

  start(input: TransportInput): void {
    this.input = input;
  }

  write(chunks: Uint8Array[]): void {
    this.sent.push(...chunks.map((chunk) => chunk.slice()));
    if (this.isHeld) this.#isWriting = true;
    else this.input.written();
  }

  release(): void {
    this.isHeld = false;
    if (!this.#isWriting) return;
    this.#isWriting = false;
    this.input.written();
  }

  end(): void {}

  destroy(): void {}
}

/** What a frame says besides its type, in words: "SYN", "SYN FIN", "ACK", ... */
export type Flags = string;

function flagsOf(flags: Flags): { syn: boolean; ack: boolean; fin: boolean; rst: boolean } {
  const words = flags.split(" ");
  const has = (word: string): boolean => words.includes(word);
  return { syn: has("SYN"), ack: has("ACK"), fin: has("FIN"), rst: has("RST") };
}

/** Data: so many bytes, or those of a text. */
export function data(streamId: number, content: number | string = 0, flags: Flags = ""): Frame {
  return { type: "data", streamId, ...flagsOf(flags), body: bytes(content) };
}

/** A Window Update. */
export function update(streamId: number, increment: number, flags: Flags = ""): Frame {
  return { type: "windowUpdate", streamId, ...flagsOf(flags), increment };
}

/** A Window Update that grants nothing: flags alone, as most peers send them. */
export function flag(streamId: number, flags: Flags): Frame {
  return update(streamId, 0, flags);
}

/** A Ping that asks. */
export function ping(value: number): Frame {
  return { type: "ping", ack: false, value };
}

/** A Ping that answers. */
export function pong(value: number): Frame {
  return { type: "ping", ack: true, value };
}

/** A Go Away. */
export function goAway(code: number): Frame {
  return { type: "goAway", code };
}

/** A frame in one line: what most expectations are about. */
function brief(frame: Frame): string {
  switch (frame.type) {
    case "data":
      return `${frame.streamId}: data ${frame.body.length}${wordsOf(frame)}`;
    case "windowUpdate":
      return `${frame.streamId}: update ${frame.increment}${wordsOf(frame)}`;
    case "ping":
      return `${frame.ack ? "pong" : "ping"} ${frame.value}`;
    case "goAway":
      return `goAway ${frame.code}`;
  }
}

function wordsOf(flags: { syn: boolean; ack: boolean; fin: boolean; rst: boolean }): string {
  const { syn, ack, fin, rst } = flags;
  return `${syn ? " SYN" : ""}${ack ? " ACK" : ""}${fin ? " FIN" : ""}${rst ? " RST" : ""}`;
}

/** What `promise` has come to by now. */
export function stateOf<T>(promise: Promise<T>): { settled: boolean; value?: T; error?: unknown } {
  const state: { settled: boolean; value?: T; error?: unknown } = { settled: false };
  promise.then(
    (value) => Object.assign(state, { settled: true, value }),
    (error: unknown) => Object.assign(state, { settled: true, error }),
  );
  return state;
}
