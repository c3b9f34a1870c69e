// The beginning of a connection: hears a message of fixed length, and passes the connection on.

import type { Transport } from "@muxado/core";
import { refused } from "./errors.ts";
import { Link } from "./link.ts";

/** The first message of one connection. */
export class Greeting {
  readonly link: Link;
  /** Resolves with the message. Rejects with CONNECT_FAILED if the connection ends before. */
  readonly heard: Promise<Uint8Array>;
  /** Bytes behind the message, until somebody takes the connection. */
  readonly #rest: Uint8Array[] = [];

  /** @param length the length of the message, in bytes. */
  constructor(transport: Transport, length: number) {
    const message = new Uint8Array(length);
    let have = 0;
    let hear!: (message: Uint8Array) => void;
    let miss!: (error: unknown) => void;
    this.heard = new Promise((resolve, reject) => {
      [hear, miss] = [resolve, reject];
    });
    // Somebody who has stopped waiting is not told.
    this.heard.catch(() => {});
    this.link = new Link(transport, {
      receive: (chunk) => {
        const bytes = chunk.subarray(0, length - have);
        message.set(bytes, have);
        have += bytes.length;
        if (chunk.length > bytes.length) this.#rest.push(chunk.slice(bytes.length));
        if (have === length) hear(message);
        return false;
      },
      written() {},
      ended: (error) => miss(refused("the connection ended during the handshake", error)),
    });
    this.link.start();
  }

  /** Gives the connection to a new owner, and then the bytes that have arrived behind the message. */
  pass(own: (link: Link) => void): void {
    own(this.link);
    for (const bytes of this.#rest) this.link.receive(bytes);
  }
}

/**
 * Settles as `promise` does, or rejects with the reason of `signal` when that aborts before.
 *
 * @param late called with the value that `promise` resolves with after that.
 */
export function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  late: (value: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    promise
      .then((value) => (signal.aborted ? late(value) : resolve(value)), reject)
      .finally(() => signal.removeEventListener("abort", abort));
  });
}
