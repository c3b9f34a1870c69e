// What a session needs of a connection, on top of Node's streams. It owns them, and knows nothing of the
// protocol and nothing of how the connection was made.

import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { Transport, TransportInput } from "@muxado/core";
import { busyPoll } from "./busy-poll.ts";
import { transportError } from "./errors.ts";

/**
 * Milliseconds for what the peer had said before its inbound direction was lost: Node closes the stdin of a
 * child as soon as it has exited, when its last output may not be read yet.
 */
const LAST_WORDS = 1_000;

/** A connection that comes in through one Node stream and leaves through another, or the same. */
export class NodeTransport implements Transport {
  readonly #readable: Readable;
  readonly #writable: Writable;
  /** Milliseconds for which to look for input after each sign of life; 0 for not at all. */
  readonly #polling: number;
  #written!: (error?: Error | null) => void;
  #lastWords: NodeJS.Timeout | undefined;
  /** Our direction has been ended, by us: a standard output that was does not know so itself once it is closed. */
  #hasEnded = false;

  /** @throws {TypeError} if a stream is none of Node's, or carries anything but bytes. */
  constructor(readable: Readable, writable: Writable, polling: number) {
    if (typeof readable?.resume !== "function" || typeof writable?.write !== "function") {
      throw new TypeError(
        "transport must be a Duplex or { readable, writable } of Node streams, " +
          "for a child process { readable: child.stdout, writable: child.stdin }",
      );
    }
    const objects = readable.readableObjectMode || writable.writableObjectMode;
    if (objects || typeof readable.readableEncoding === "string") {
      throw new TypeError("transport must carry bytes, not objects or text");
    }
    this.#readable = readable;
    this.#writable = writable;
    this.#polling = polling;
  }

  start(input: TransportInput): void {
    const readable = this.#readable;
    const writable = this.#writable;
    const fail = (error: Error): void => input.ended(transportError(error));
    this.#written = (error) => {
      // A failed write may have no other sign than this: not every stream that is destroyed says so.
      if (error) fail(error);
      else input.written();
    };
    readable
      .on("data", (chunk: Buffer) => {
        if (this.#polling > 0) busyPoll.extend(this.#polling);
        // The session is told of plain arrays, so that what readers get is the same on every runtime.
        input.receive(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      })
      .on("end", () => input.ended())
      .on("close", () => input.ended())
      .on("error", fail)
      // A listener alone does not wake a stream that somebody has paused.
      .resume();
    if (!Object.is(readable, writable)) {
      writable.on("error", fail).on("close", () => {
        // Also after our own end(), when the peer still has its say and the session waits for it.
        if (this.#hasEnded || readable.destroyed) return;
        this.#lastWords = setTimeout(() => input.ended(), LAST_WORDS).unref();
      });
    }

    // One that was over before will not say so again.
    const cause = readable.errored ?? writable.errored;
    if (cause) fail(cause);
    else if (!readable.readable || !writable.writable) input.ended();
  }

  write(chunks: Uint8Array[]): void {
    if (this.#polling > 0) busyPoll.extend(this.#polling);
    const writable = this.#writable;
    if (!(writable instanceof Socket)) {
      // Other streams may confirm a write and pass its memory on: a queue between two sessions in one
      // process does. A socket's bytes are with the system, or encrypted, by then.
      writable.write(Buffer.concat(chunks), this.#written);
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
}
