// The raw end of a connection: it sends and receives frames of either wire over TCP. It follows no rule of the
// protocol, so it can break any of them.

import type { Socket } from "node:net";
import type { CellLog } from "./cell-log.ts";
import { Mailbox } from "./mailbox.ts";

/** How the frames of a wire are read, written and logged. */
export interface RawCodec<F> {
  /** Yields the complete frames. @throws {Error} at bytes that are no frame. */
  readonly decode: (chunk: Uint8Array) => Iterable<F>;
  readonly encode: (frame: F) => Uint8Array;
  readonly describe: (frame: F) => string;
}

/** The raw end of a connection. */
export class RawEnd<F, E extends Error = Error> {
  /** Resolves when no more bytes will come. */
  readonly ended: Promise<void>;
  /** The error for bytes that arrived and are no frame. */
  invalid: E | undefined;
  /** All chunks in the form in which they arrived. */
  readonly chunks: Uint8Array[] = [];
  readonly #socket: Socket;
  readonly #log: CellLog;
  readonly #codec: RawCodec<F>;
  readonly #frames: Mailbox<F> = new Mailbox();

  constructor(socket: Socket, log: CellLog, codec: RawCodec<F>) {
    this.#socket = socket;
    this.#log = log;
    this.#codec = codec;
    this.ended = new Promise((resolve) => {
      socket.on("end", resolve).on("close", () => resolve());
    });
    socket
      .on("data", (chunk: Buffer) => this.#receive(new Uint8Array(chunk)))
      .on("end", () => log.add("raw in", "end of the transport"))
      .on("error", (error) => log.add("raw !", error.message));
  }

  /** Sends frames. Each of them is valid by itself. */
  send(...frames: F[]): void {
    for (const frame of frames) this.#log.add("raw out", this.#codec.describe(frame));
    this.#socket.write(Buffer.concat(frames.map(this.#codec.encode)));
  }

  /** Sends any bytes, given in hexadecimal. Blanks are for the reader. */
  sendHex(hex: string): void {
    this.#log.add("raw out", hex);
    this.#socket.write(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
  }

  /** Resolves with the next frame for which `wanted` returns true. Frames before it stay for other calls. */
  next(wanted: (frame: F) => boolean): Promise<F> {
    return this.#frames.next(wanted);
  }

  /** Takes the frames that have come and that no call has asked for. */
  take(): F[] {
    return this.#frames.take();
  }

  /** Reads nothing from now on, so that the peer's writes stall. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Half-closes its own direction, as a TCP FIN does. */
  end(): void {
    this.#socket.end();
  }

  /** Destroys the connection. */
  destroy(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    if (this.invalid !== undefined) return;
    try {
      for (const frame of this.#codec.decode(chunk)) this.#deliver(frame);
    } catch (error) {
      this.invalid = error as E;
      this.#log.add("raw in", `invalid: ${this.invalid.message}`);
    }
  }

  #deliver(frame: F): void {
    this.#log.add("raw in", this.#codec.describe(frame));
    this.#frames.deliver(frame);
  }
}
