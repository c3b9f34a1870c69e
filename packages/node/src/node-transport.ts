// The transport of a session over streams of Node. It owns the streams. It does not know the protocol, or how the
// connection was made.

import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Transport, TransportInput } from "@muxado/core";
import { busyPoll } from "./busy-poll.ts";
import { connectError, transportError } from "./errors.ts";
import { lendReads } from "./lent-reads.ts";
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
 * Milliseconds that the readable stream still gets after the writable stream has closed. Node closes the stdin of a
 * child process as soon as the child has exited. At that time, the child's last output may still be unread.
 */
const LAST_WORDS = 1_000;

/** A connection that reads from one Node stream and writes to another, or to the same one. */
export class NodeTransport implements Transport {
  readonly #readable: ReadableLike;
  readonly #writable: WritableLike;
  /** Milliseconds to look for input after bytes have arrived or left; 0: not at all. */
  readonly #polling: number;
  readonly #confirmsByCallback: boolean;
  #input!: TransportInput;
  #written!: (error?: Error | null) => void;
  #lastWords: NodeJS.Timeout | undefined;
  /**
   * Whether the connection is established. Before that, no bytes leave a socket. So if a connection is never
   * established, nothing was sent.
   */
  #stands = true;
  /**
   * The number of the write that waits for room; 0 if none waits. Used only for streams that do not confirm a write by
   * a callback. Writes are counted from 1.
   */
  #waiting = 0;
  #writes = 0;
  /** True after we have ended our direction. A standard output that has closed does not show whether it was ended. */
  #hasEnded = false;

  /** @throws {TypeError} if a stream lacks a member that a session needs, or does not carry bytes. */
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
      // The error of this callback may be the only sign of a failed write: not every stream emits an event when it is
      // destroyed.
      if (error) fail(error);
      else input.written();
    };
    if (writable instanceof Socket && writable.connecting) this.#awaitConnection(writable);
    const receive = (chunk: Uint8Array): boolean => {
      if (this.#polling > 0) busyPoll.extend(this.#polling);
      return input.receive(chunk);
    };
    lendReads(readable, receive);
    // The memory of these chunks is not lent: the code that made them may still use it.
    readable.on("data", (chunk) => {
      // A stream that is not Node's own may have an encoding that its properties do not show.
      if (!ArrayBuffer.isView(chunk)) return fail(notBytes(chunk));
      // The session gets a plain Uint8Array, so that readers get the same class on every runtime.
      receive(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    });
    readable.on("end", () => this.#ended());
    readable.on("close", () => this.#ended());
    readable.on("error", fail);
    if (!Object.is(readable, writable)) {
      writable.on("error", fail);
      writable.on("close", () => {
        // After our own end(), the peer may still send bytes, and the session waits for them.
        if (this.#hasEnded || isEnding(writable, readable)) return;
        this.#lastWords = setTimeout(() => input.ended(), LAST_WORDS).unref();
      });
    }
    if (!this.#confirmsByCallback) writable.on("drain", () => this.#confirm(this.#waiting));
    // A listener alone does not resume a stream that other code has paused.
    readable.resume();

    // A stream that is already over emits no more events.
    const cause = errorOf(readable, writable);
    if (cause) fail(cause);
    else if (isOver(readable, writable)) input.ended();
  }

  write(chunks: Uint8Array[]): void {
    if (this.#polling > 0) busyPoll.extend(this.#polling);
    const writable = this.#writable;
    if (!(writable instanceof Socket)) {
      // Other streams may confirm a write and pass on its memory later, as a queue between two sessions in one process
      // does. A socket needs no copy: when it confirms a write, the system has the bytes, or TLS has encrypted them.
      this.#writeCopy(Buffer.concat(chunks));
      return;
    }
    // The socket is corked, so that all chunks leave in one system call.
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

  /** Writes to a stream that is not a socket. Such a stream may confirm writes wrongly. */
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
      const problem = `must return true or false, got ${kindOf(hasRoom)}`;
      this.#fail(new TypeError(`write() of the transport ${problem}`));
    }
  }

  /** Confirms `write`, if it is the write that waits for room. A stream may report room more than once. */
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
    // Waits for the error that explains the end. TLS emits it when the connection ends during the handshake.
    process.nextTick(() =>
      this.#fail(new Error("the connection closed before it was established")),
    );
  }
}

function notBytes(chunk: unknown): TypeError {
  return new TypeError(`transport must carry bytes, but has delivered ${kindOf(chunk)}`);
}

function kindOf(value: unknown): string {
  return value === null || value === undefined ? String(value) : `a value of type ${typeof value}`;
}
