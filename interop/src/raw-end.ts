// The raw end of a connection: frames of some wire alone, over TCP. It follows no rule of the protocol, so it can
// break any of them.

import type { Socket } from "node:net";
import type { CellLog } from "./cell-log.ts";
import { Mailbox } from "./mailbox.ts";

/** How the frames of a wire are read, written and logged. */
export interface RawCodec<F> {
  /** Yields the frames that are complete. @throws {Error} at what is not a frame. */
  readonly decode: (chunk: Uint8Array) => Iterable<F>;
  readonly encode: (frame: F) => Uint8Array;
  readonly describe: (frame: F) => string;
}

/** The raw end of a connection. */
export class RawEnd<F, E extends Error = Error> {
  /** Resolves when nothing more will come. */
  readonly ended: Promise<void>;
  /** What has come that is not a frame. */
  invalid: E | undefined;
  /** All that has come, as it came. */
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

  /** Sends frames that are valid one by one. */
  send(...frames: F[]): void {
    for (const frame of frames) this.#log.add("raw out", this.#codec.describe(frame));
    this.#socket.write(Buffer.concat(frames.map(this.#codec.encode)));
  }

  /** Sends anything, given in hexadecimal; blanks are for the reader. */
  sendHex(hex: string): void {
    this.#log.add("raw out", hex);
    this.#socket.write(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
  }

  /** The next frame that is `wanted`; frames in front of it stay for others to ask for. */
  next(wanted: (frame: F) => boolean): Promise<F> {
    return this.#frames.next(wanted);
  }

  /** The frames that have come and that nobody has asked for. */
  take(): F[] {
    return this.#frames.take();
  }

  /** Reads nothing from now on: the peer's writes get stuck. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends its own direction, as a TCP FIN does. */
  end(): void {
    this.#socket.end();
  }

  /** Gives up the connection. */
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
