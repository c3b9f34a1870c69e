// Records the conversation of a session with its transport. It passes every call on and changes nothing. It writes
// copies, so it keeps no memory of the session or the transport.

import { concatenated, unshared } from "../base/bytes.ts";
import type { MuxadoError } from "../base/errors.ts";
import type { RecordedSession, RecordHook } from "../options.ts";
import { reportThrown } from "../seams/observer.ts";
import type { Transport, TransportInput } from "../seams/transport.ts";
import {
  KINDS,
  MAGIC,
  PER_MILLISECOND,
  putNumber,
  putText,
  type RecordingKind,
  TIME_UNIT,
  TURN_BIT,
  VERSION,
} from "./format.ts";

/** Options of a {@link Recorder}. */
export interface RecorderOptions {
  /**
   * Called with each piece of the recording as soon as it is recorded. The sink owns the pieces. Default: the recorder
   * keeps all pieces for {@link Recorder.bytes}. An error that the sink throws is reported as a separate uncaught
   * exception.
   */
  readonly sink?: ((piece: Uint8Array<ArrayBuffer>) => void) | undefined;
  /** A text for readers of the recording. Default: none. */
  readonly note?: string | undefined;
}

/** Records one session: everything that its transport carries and reports, with the times. */
export class Recorder {
  /**
   * The hook for the session's option `record`.
   *
   * @throws {TypeError} for a second session, because each session needs its own recorder.
   */
  readonly record: RecordHook = (transport, session) => {
    if (this.#isTaken)
      throw new TypeError(
        "a recorder records only one session: make a new recorder for each session",
      );
    this.#isTaken = true;
    return new RecordedTransport(transport, session, this.#note, this.#sink);
  };
  readonly #note: string;
  readonly #sink: (piece: Uint8Array<ArrayBuffer>) => void;
  /** Undefined if a sink takes the pieces. */
  readonly #pieces: Uint8Array<ArrayBuffer>[] | undefined;
  #isTaken = false;

  /** Makes a recorder that waits for its session. */
  constructor({ sink, note = "" }: RecorderOptions = {}) {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    this.#note = note;
    this.#pieces = sink === undefined ? pieces : undefined;
    this.#sink = sink ?? ((piece) => pieces.push(piece));
  }

  /**
   * Returns a copy of the recording so far; empty if there is no session yet.
   *
   * @throws {TypeError} if a `sink` has taken the recording.
   */
  bytes(): Uint8Array<ArrayBuffer> {
    if (this.#pieces === undefined)
      throw new TypeError("this recorder has no bytes, because its sink has got them");
    return concatenated(this.#pieces);
  }
}

/** A transport that records all calls between a session and its real transport. */
class RecordedTransport implements Transport, TransportInput {
  readonly #transport: Transport;
  readonly #session: RecordedSession;
  readonly #sink: (piece: Uint8Array<ArrayBuffer>) => void;
  #input!: TransportInput;
  /** When the last entry was made, in microseconds of the session's clock. */
  #last: number;
  /** True if promise continuations may have run since the last entry. */
  #turned = true;
  readonly #turn = (): void => {
    this.#turned = true;
  };
  /**
   * A transport may report its end several times, and may be given up several times. The recording contains each event
   * only once.
   */
  #hasEnded = false;
  #isDestroyed = false;

  constructor(
    transport: Transport,
    session: RecordedSession,
    note: string,
    sink: (piece: Uint8Array<ArrayBuffer>) => void,
  ) {
    this.#transport = transport;
    this.#session = session;
    this.#sink = sink;
    this.#last = this.#now();
    const header = [...MAGIC, VERSION, session.role === "client" ? 0 : 1];
    putNumber(header, Math.max(0, this.#last));
    putText(header, session.wire.name);
    putText(header, note);
    this.#give(Uint8Array.from(header));
  }

  start(input: TransportInput): void {
    this.#input = input;
    this.#transport.start(this);
  }

  write(chunks: Uint8Array<ArrayBuffer>[]): void {
    this.#put("out", chunks);
    this.#transport.write(chunks);
  }

  end(error?: MuxadoError): void {
    this.#put("end");
    this.#transport.end(error);
  }

  destroy(): void {
    if (!this.#isDestroyed) this.#put("destroy");
    this.#isDestroyed = true;
    this.#transport.destroy();
  }

  receive(chunk: Uint8Array): boolean {
    // The session would copy shared memory, too. The recorded slack must be that of the copy.
    const own = unshared(chunk);
    this.#put("in", [own], Math.min(own.buffer.byteLength - own.length, own.length + 1));
    return this.#input.receive(own) && own === chunk;
  }

  written(): void {
    this.#put("written");
    this.#input.written();
  }

  ended(error?: unknown): void {
    if (!this.#hasEnded) {
      if (error === undefined) this.#put("ended");
      else this.#put("failed", [new TextEncoder().encode(textOf(error))]);
    }
    this.#hasEnded = true;
    this.#input.ended(error);
  }

  /** Makes an entry. Some kinds have bytes (`chunks`); an arriving chunk also has a `slack`. */
  #put(kind: RecordingKind, chunks?: readonly Uint8Array[], slack?: number): void {
    const now = Math.max(this.#last, this.#now());
    const head: number[] = [];
    const turn = this.#turned ? TURN_BIT : 0;
    putNumber(head, (now - this.#last) * TIME_UNIT + turn + KINDS.indexOf(kind));
    if (chunks !== undefined) putNumber(head, lengthOf(chunks));
    if (slack !== undefined) putNumber(head, slack);
    this.#last = now;
    if (this.#turned) queueMicrotask(this.#turn);
    this.#turned = false;
    this.#give(concatenated([Uint8Array.from(head), ...(chunks ?? [])]));
  }

  #give(piece: Uint8Array<ArrayBuffer>): void {
    try {
      this.#sink(piece);
    } catch (error) {
      reportThrown(error);
    }
  }

  /**
   * Returns the time in microseconds, rounded down, so that no millisecond begins earlier in a replay than in the
   * recording. The addition of half a nanosecond corrects the error of binary fractions.
   */
  #now(): number {
    return Math.floor(this.#session.clock.now() * PER_MILLISECOND + 0.0005);
  }
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
