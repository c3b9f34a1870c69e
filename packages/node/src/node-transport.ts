// What a session needs of a connection, on top of Node's streams. It owns them, and knows nothing of the
// protocol and nothing of how the connection was made.

import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Transport, TransportInput } from "@muxado/core";
import { busyPoll } from "./busy-poll.ts";
import { connectError, transportError } from "./errors.ts";
import {
  checkStreams,
  confirmsByCallback,
  errorOf,
  isEnding,
  isOver,
  type ReadableLike,
  type WritableLike,
} from "./stream-like.ts";

/**
 * Milliseconds for what the peer had said before its inbound direction was lost: Node closes the stdin of a
 * child as soon as it has exited, when its last output may not be read yet.
 */
const LAST_WORDS = 1_000;

/** A connection that comes in through one Node stream and leaves through another, or the same. */
export class NodeTransport implements Transport {
  readonly #readable: ReadableLike;
  readonly #writable: WritableLike;
  /** Milliseconds for which to look for input after each sign of life; 0 for not at all. */
  readonly #polling: number;
  readonly #confirmsByCallback: boolean;
  #input!: TransportInput;
  #written!: (error?: Error | null) => void;
  #lastWords: NodeJS.Timeout | undefined;
  /** Nothing leaves a socket before its connection stands: if it never does, nothing was sent. */
  #stands = true;
  /** The write that waits for room, where no callback tells of it; 0 for none. They are counted from 1. */
  #waiting = 0;
  #writes = 0;
  /** Our direction has been ended, by us: a standard output that was does not know so itself once it is closed. */
  #hasEnded = false;

  /** @throws {TypeError} if a stream lacks what it needs, or carries anything but bytes. */
  constructor(readable: ReadableLike, writable: WritableLike, polling: number) {
    checkStreams(readable, writable);
    this.#readable = readable;
    this.#writable = writable;
    this.#polling = polling;
    this.#confirmsByCallback = confirmsByCallback(writable);
  }

  start(input: TransportInput): void {
    this.#input = input;
    const readable = this.#readable;
    const writable = this.#writable;
    const fail = (error: unknown): void => this.#fail(error);
    this.#written = (error) => {
      // A failed write may have no other sign than this: not every stream that is destroyed says so.
      if (error) fail(error);
      else input.written();
    };
    if (writable instanceof Socket && writable.connecting) this.#awaitConnection(writable);
    readable.on("data", (chunk) => {
      if (this.#polling > 0) busyPoll.extend(this.#polling);
      // One that was made like Node's may have an encoding and not say so.
      if (!ArrayBuffer.isView(chunk)) return fail(notBytes(chunk));
      // The session is told of plain arrays, so that what readers get is the same on every runtime.
      input.receive(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    });
    readable.on("end", () => this.#ended());
    readable.on("close", () => this.#ended());
    readable.on("error", fail);
    if (!Object.is(readable, writable)) {
      writable.on("error", fail);
      writable.on("close", () => {
        // Also after our own end(), when the peer still has its say and the session waits for it.
        if (this.#hasEnded || isEnding(writable, readable)) return;
        this.#lastWords = setTimeout(() => input.ended(), LAST_WORDS).unref();
      });
    }
    if (!this.#confirmsByCallback) writable.on("drain", () => this.#confirm(this.#waiting));
    // A listener alone does not wake a stream that somebody has paused.
    readable.resume();

    // One that was over before will not say so again.
    const cause = errorOf(readable, writable);
    if (cause) fail(cause);
    else if (isOver(readable, writable)) input.ended();
  }

  write(chunks: Uint8Array[]): void {
    if (this.#polling > 0) busyPoll.extend(this.#polling);
    const writable = this.#writable;
    if (!(writable instanceof Socket)) {
      // Other streams may confirm a write and pass its memory on: a queue between two sessions in one
      // process does. A socket's bytes are with the system, or encrypted, by then.
      this.#writeCopy(Buffer.concat(chunks));
      return;
    }
    // Corked, so that all chunks leave in one system call.
    const last = chunks.length - 1;
    if (last > 0) writable.cork();
    for (let index = 0; index < last; index++) writable.write(chunks[index]!);
    writable.write(chunks[last]!, this.#written);
    if (last > 0) writable.uncork();
  }

  end(): void {
    this.#hasEnded = true;
    this.#writable.end();
  }

  destroy(): void {
    if (this.#polling > 0) busyPoll.stop();
    clearTimeout(this.#lastWords);
    this.#writable.destroy();
    this.#readable.destroy();
  }

  /** To a stream of any make, which may do it wrong. */
  #writeCopy(chunk: Buffer): void {
    if (this.#confirmsByCallback) {
      let isDone = false;
      this.#writable.write(chunk, undefined, (error) => {
        if (isDone) return this.#fail(new Error("the transport has confirmed a write twice"));
        isDone = true;
        this.#written(error);
      });
      return;
    }
    const write = ++this.#writes;
    this.#waiting = write;
    const hasRoom = this.#writable.write(chunk);
    if (hasRoom === true) process.nextTick(() => this.#confirm(write));
    else if (hasRoom !== false) {
      const problem = `returns ${kindOf(hasRoom)} instead of whether there is room for more`;
      this.#fail(new TypeError(`write() of the transport ${problem}`));
    }
  }

  /** There is room for more, if `write` is what waits for it: a stream may say so more than once. */
  #confirm(write: number): void {
    if (write === 0 || write !== this.#waiting) return;
    this.#waiting = 0;
    this.#input.written();
  }

  #awaitConnection(socket: Socket): void {
    this.#stands = false;
    socket.once(socket instanceof TLSSocket ? "secureConnect" : "connect", () => {
      this.#stands = true;
    });
  }

  #fail(error: unknown): void {
    this.#input.ended(this.#stands ? transportError(error) : connectError(error));
  }

  #ended(): void {
    if (this.#stands) return this.#input.ended();
    // After the error that says why, which TLS makes of an end in the middle of its handshake.
    process.nextTick(() => this.#fail(new Error("the connection closed before it stood")));
  }
}

function notBytes(chunk: unknown): TypeError {
  return new TypeError(`transport must carry bytes, and ${kindOf(chunk)} has come`);
}

function kindOf(value: unknown): string {
  return value === null || value === undefined ? String(value) : `a value of type ${typeof value}`;
}
