// Duplexes that are not Node's: pairs that are each other's far end, and one around a socket, like a connection of
// Hyperswarm.

import type { Socket } from "node:net";
import { Duplex as ReadableStreamDuplex } from "readable-stream";
import { Duplex } from "streamx";

/** Returns two Duplexes of streamx. A write is done when the other side has taken it. */
export function streamxPair(): [Duplex, Duplex] {
  const left: Duplex = end(() => right);
  const right: Duplex = end(() => left);
  return [left, right];

  function end(other: () => Duplex): Duplex {
    return new Duplex({
      write(chunk, done) {
        setImmediate(() => {
          if (!other().destroying) other().push(chunk);
          done(null);
        });
      },
      final(done) {
        if (!other().destroying) other().push(null);
        done(null);
      },
      destroy(done) {
        if (!other().destroying) other().push(null);
        done(null);
      },
    });
  }
}

/** Returns two Duplexes of readable-stream. */
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
        setImmediate(() => deliver(null));
        done(error);
      },
    });
  }
}

type Done = (error: Error | null) => void;

/**
 * A Duplex of streamx around a socket, like the NoiseSecretStream of Hyperswarm: it opens late, changes every byte, and
 * passes on the back-pressure of the socket.
 */
export class SecretStream extends Duplex {
  readonly #socket: Socket;
  #room: Done | undefined;

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

  override _open(done: Done): void {
    setImmediate(done, null);
  }

  override _read(done: Done): void {
    this.#socket.resume();
    done(null);
  }

  override _write(chunk: unknown, done: Done): void {
    this.#room = done;
    if (this.#socket.write((chunk as Uint8Array).map((byte) => byte ^ 0x5a))) this.#giveRoom();
  }

  override _final(done: Done): void {
    this.#socket.end(() => done(null));
  }

  override _destroy(done: Done): void {
    this.#socket.destroy();
    done(null);
  }

  #giveRoom(): void {
    const room = this.#room;
    this.#room = undefined;
    room?.(null);
  }
}
