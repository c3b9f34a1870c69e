// Duplexes that are not Node's: pairs that are each other's far end, and one around a socket, as Hyperswarm's
// connections are.

import type { Socket } from "node:net";
import { Duplex as ReadableStreamDuplex } from "readable-stream";
import { Duplex } from "streamx";

/** Two of streamx. A write is done when the other side has taken it. */
export function streamxPair(): [Duplex, Duplex] {
  const left: Duplex = end(() => right);
  const right: Duplex = end(() => left);
  return [left, right];

  function end(other: () => Duplex): Duplex {
    return new Duplex({
      write(chunk: Uint8Array, done: () => void) {
        setImmediate(() => {
          if (!other().destroying) other().push(chunk);
          done();
        });
      },
      final(done: () => void) {
        if (!other().destroying) other().push(null);
        done();
      },
      destroy(done: () => void) {
        if (!other().destroying) other().push(null);
        done();
      },
    });
  }
}

/** Two of readable-stream. */
export function readableStreamPair(): [ReadableStreamDuplex, ReadableStreamDuplex] {
  const left: ReadableStreamDuplex = end(() => right);
  const right: ReadableStreamDuplex = end(() => left);
  return [left, right];

  function end(other: () => ReadableStreamDuplex): ReadableStreamDuplex {
    const deliver = (chunk: Uint8Array | null): void => {
      if (!other().destroyed && !other().readableEnded) other().push(chunk);
    };
    return new ReadableStreamDuplex({
      read() {},
      write(chunk: Uint8Array, _encoding, done) {
        setImmediate(() => {
          deliver(chunk);
          done();
        });
      },
      final(done) {
        deliver(null);
        done();
      },
      destroy(error, done) {
        if (!this.writableFinished) setImmediate(() => deliver(null));
        done(error);
      },
    });
  }
}

/**
 * One of streamx around a socket, shaped as the NoiseSecretStream of Hyperswarm: it opens late, changes every byte, and
 * lets the socket's back-pressure through.
 */
export class SecretStream extends Duplex {
  readonly #socket: Socket;
  #room: (() => void) | undefined;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket
      .on("data", (chunk) => {
        if (!this.push(chunk.map((byte) => byte ^ 0x5a))) socket.pause();
      })
      .on("end", () => this.push(null))
      .on("drain", () => this.#giveRoom())
      .on("error", (error) => this.destroy(error))
      .on("close", () => {
        this.#giveRoom();
        this.destroy();
      })
      .pause();
  }

  override _open(done: () => void): void {
    setImmediate(done);
  }

  override _read(done: () => void): void {
    this.#socket.resume();
    done();
  }

  override _write(chunk: Uint8Array, done: () => void): void {
    this.#room = done;
    if (this.#socket.write(chunk.map((byte) => byte ^ 0x5a))) this.#giveRoom();
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(done: () => void): void {
    this.#socket.destroy();
    done();
  }

  #giveRoom(): void {
    const room = this.#room;
    this.#room = undefined;
    room?.();
  }
}
