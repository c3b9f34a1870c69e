// One session, and a peer that is played: it has the frames of a mebibyte ready, and decodes what the session writes.
// It allocates nothing while it plays. So what is allocated meanwhile is of the session and its application alone.

import {
  type Clock,
  DataFlag,
  Session,
  type Stream,
  type Transport,
  type TransportInput,
  type Wire,
  type WireDecoder,
  type WireHandler,
} from "@muxado/core";

const KIB = 1024;

/** Bytes of body in each frame, and bytes that arrive at once: as over a socket, a chunk has parts of two frames. */
const LENGTH = 64 * KIB;
const FRAMES = 16;

/** A grown window. A window that grows by itself needs round trips, and here no time passes. */
const WINDOW = 1024 * KIB;

/** Credit that the peer returns at a time. */
const GRANT = 128 * KIB;

/** Each write is confirmed in no time, so the transport budget grows as far as it can. */
const CLOCK: Clock = { now: () => 0, setTimer: () => ({ cancel() {} }) };

/** A session, its transport, and the peer behind it, which opens one stream. */
export class Player implements Transport, WireHandler {
  readonly session: Session;
  /** The frames of one mebibyte on the stream, in the chunks in which they arrive. */
  readonly mebibyte: readonly Uint8Array[];
  /** Bytes that the peer may send. */
  credit = 0;
  /** Bytes that the peer has got and not yet given credit for. */
  #owed = 0;
  /** Whether a write of the session is under way. */
  #isWriting = false;
  readonly #wire: Wire;
  readonly #decoder: WireDecoder;
  readonly #increment: Uint8Array;
  #input!: TransportInput;
  #flush: (() => void) | undefined;

  constructor(wire: Wire) {
    this.#wire = wire;
    this.#decoder = wire.createDecoder(this);
    this.mebibyte = chunksOf(wire);
    this.#increment = new Uint8Array(wire.controlLength);
    wire.putIncrement(this.#increment, 0, wire.firstClientStreamId, GRANT);
    this.session = new Session(this, "server", {
      wire,
      clock: CLOCK,
      scheduleFlush: (flush) => (this.#flush = flush),
      windowSize: WINDOW,
    });
  }

  /** Opens the stream of the peer. */
  async open(): Promise<Stream> {
    const wire = this.#wire;
    const opening = new Uint8Array(wire.dataHeaderLength);
    wire.putData(opening, 0, wire.firstClientStreamId, DataFlag.SYN, 0);
    this.credit = wire.initialWindow;
    this.#input.receive(opening);
    const stream = await this.session.accept();
    this.turn();
    this.confirm();
    return stream;
  }

  /** A chunk of {@link mebibyte} arrives. */
  send(chunk: Uint8Array): void {
    if (this.credit < chunk.length) throw new Error("the peer has no credit");
    this.credit -= chunk.length;
    if (this.#input.receive(chunk)) throw new Error("the session has kept a chunk");
  }

  /** The turn ends. */
  turn(): void {
    const flush = this.#flush;
    this.#flush = undefined;
    flush?.();
  }

  /** The transport has taken the write under way. Then the peer has read it, and returns its credit. */
  confirm(): void {
    if (!this.#isWriting) return;
    this.#isWriting = false;
    this.#input.written();
    for (; this.#owed >= GRANT; this.#owed -= GRANT) this.#input.receive(this.#increment);
  }

  start(input: TransportInput): void {
    this.#input = input;
  }

  write(chunks: Uint8Array<ArrayBuffer>[]): void {
    this.#isWriting = true;
    for (const chunk of chunks) this.#decoder.push(chunk);
  }

  end(): void {}

  destroy(): void {}

  onData(
    _id: number,
    _flags: number,
    _length: number,
    _chunk: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.#owed += end - start;
  }

  onDataRest(_chunk: Uint8Array, start: number, end: number): void {
    this.#owed += end - start;
  }

  onIncrement(_id: number, increment: number): void {
    this.credit += increment;
  }

  onAcknowledged(): void {}

  onReset(_id: number, code: number): void {
    throw new Error(`the session has reset its stream with code ${code}`);
  }

  onGoAway(): void {}

  onPing(): void {}

  onInvalid(error: Error): void {
    throw error;
  }
}

function chunksOf(wire: Wire): Uint8Array[] {
  const bytes = new Uint8Array(FRAMES * (wire.dataHeaderLength + LENGTH));
  for (let at = 0; at < bytes.length; ) {
    at = wire.putData(bytes, at, wire.firstClientStreamId, 0, LENGTH) + LENGTH;
  }
  return Array.from({ length: Math.ceil(bytes.length / LENGTH) }, (_, index) =>
    bytes.subarray(index * LENGTH, (index + 1) * LENGTH),
  );
}
