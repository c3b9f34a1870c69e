// A peer made of frames alone, over TCP: it follows no rule of the protocol, so it can break any of them.

import type { Socket } from "node:net";
import {
  type DataFrame,
  encode,
  type Frame,
  FrameDecoder,
  type FrameError,
  type GoawayFrame,
  type RstFrame,
} from "@muxado/frame";
import type { CellLog } from "./cell-log.ts";
import { Mailbox } from "./mailbox.ts";

/** DATA, in short. */
export function data(
  streamId: number,
  flags: "" | "SYN" | "FIN" | "SYN FIN" = "",
  body: string | Uint8Array = "",
): Frame {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return {
    type: "DATA",
    streamId,
    syn: flags.includes("SYN"),
    fin: flags.includes("FIN"),
    body: new Uint8Array(bytes),
  };
}

export function rst(streamId: number, errorCode: number): Frame {
  return { type: "RST", streamId, errorCode };
}

export function wndinc(streamId: number, increment: number): Frame {
  return { type: "WNDINC", streamId, increment };
}

export function goaway(lastStreamId: number, errorCode = 0, debug = ""): Frame {
  return { type: "GOAWAY", lastStreamId, errorCode, debug: new TextEncoder().encode(debug) };
}

/** The raw end of a connection. */
export class RawFrames {
  /** Resolves when nothing more will come. */
  readonly ended: Promise<void>;
  /** What has come that is not a frame. */
  invalid: FrameError | undefined;
  /** All that has come, as it came. */
  readonly chunks: Uint8Array[] = [];
  readonly #socket: Socket;
  readonly #log: CellLog;
  readonly #decoder: FrameDecoder = new FrameDecoder();
  readonly #frames: Mailbox<Frame> = new Mailbox();

  constructor(socket: Socket, log: CellLog) {
    this.#socket = socket;
    this.#log = log;
    this.ended = new Promise((resolve) => {
      socket.on("end", resolve).on("close", () => resolve());
    });
    socket
      .on("data", (chunk: Buffer) => this.#receive(new Uint8Array(chunk)))
      .on("end", () => log.add("raw in", "end of the transport"))
      .on("error", (error) => log.add("raw !", error.message));
  }

  /** Sends frames that are valid one by one. */
  send(...frames: Frame[]): void {
    for (const frame of frames) this.#log.rawFrame("out", frame);
    this.#socket.write(Buffer.concat(frames.map(encode)));
  }

  /** Sends anything, given in hexadecimal; blanks are for the reader. */
  sendHex(hex: string): void {
    this.#log.add("raw out", hex);
    this.#socket.write(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
  }

  /** The next frame that is `wanted`; frames in front of it stay for others to ask for. */
  next(wanted: (frame: Frame) => boolean): Promise<Frame> {
    return this.#frames.next(wanted);
  }

  /** The next DATA of a stream. */
  async nextData(streamId: number): Promise<DataFrame> {
    const isIt = (frame: Frame): boolean => frame.type === "DATA" && frame.streamId === streamId;
    return (await this.next(isIt)) as DataFrame;
  }

  /** Takes DATA of a stream until so many bytes have come. */
  async takeBytes(streamId: number, length: number): Promise<void> {
    for (let left = length; left > 0; ) left -= (await this.nextData(streamId)).body.length;
  }

  /** The code of the next RST of a stream. */
  async nextRst(streamId: number): Promise<number> {
    const isIt = (frame: Frame): boolean => frame.type === "RST" && frame.streamId === streamId;
    return ((await this.next(isIt)) as RstFrame).errorCode;
  }

  /** The next GOAWAY. */
  async nextGoaway(): Promise<GoawayFrame> {
    return (await this.next(({ type }) => type === "GOAWAY")) as GoawayFrame;
  }

  /** The frames that have come and that nobody has asked for. */
  take(): Frame[] {
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
      for (const frame of this.#decoder.decode(chunk)) this.#deliver(frame);
    } catch (error) {
      this.invalid = error as FrameError;
      this.#log.add("raw in", `invalid: ${this.invalid.message}`);
    }
  }

  #deliver(frame: Frame): void {
    this.#log.rawFrame("in", frame);
    this.#frames.deliver(frame);
  }
}
