// A raw peer that sends and receives yamux frames alone.

import type { Socket } from "node:net";
import {
  type DataFrame,
  describe,
  encode,
  type Frame,
  FrameDecoder,
  type WindowUpdateFrame,
  type YamuxFrameError,
} from "@muxado/yamux";
import type { CellLog } from "./cell-log.ts";
import { RawEnd } from "./raw-end.ts";

/** Any of SYN, ACK, FIN and RST, separated by blanks. */
export type Flags = "" | "SYN" | "ACK" | "FIN" | "RST" | "SYN FIN" | "SYN ACK" | "ACK FIN";

/** A short form of Data. */
export function data(streamId: number, flags: Flags = "", body: string | Uint8Array = ""): Frame {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return { type: "data", streamId, ...flagsOf(flags), body: new Uint8Array(bytes) };
}

/** A short form of Window Update. */
export function update(streamId: number, flags: Flags = "", increment = 0): Frame {
  return { type: "windowUpdate", streamId, ...flagsOf(flags), increment };
}

export function ping(value: number, ack = false): Frame {
  return { type: "ping", value, ack };
}

export function goAway(code = 0): Frame {
  return { type: "goAway", code };
}

function flagsOf(flags: Flags): Pick<DataFrame, "syn" | "ack" | "fin" | "rst"> {
  return {
    syn: flags.includes("SYN"),
    ack: flags.includes("ACK"),
    fin: flags.includes("FIN"),
    rst: flags.includes("RST"),
  };
}

/** The raw end of a yamux connection. */
export class RawYamux extends RawEnd<Frame, YamuxFrameError> {
  constructor(socket: Socket, log: CellLog) {
    const decoder = new FrameDecoder();
    super(socket, log, { decode: (chunk) => decoder.decode(chunk), encode, describe });
  }

  /** Resolves with the next Data or Window Update of a stream. */
  async nextOf(streamId: number): Promise<DataFrame | WindowUpdateFrame> {
    const isIt = (frame: Frame): boolean => "streamId" in frame && frame.streamId === streamId;
    return (await this.next(isIt)) as DataFrame | WindowUpdateFrame;
  }

  /** Resolves with the next Data of a stream. */
  async nextData(streamId: number): Promise<DataFrame> {
    const isIt = (frame: Frame): boolean => frame.type === "data" && frame.streamId === streamId;
    return (await this.next(isIt)) as DataFrame;
  }

  /** Resolves with the next frame of a stream that has all these flags. */
  async nextWith(
    streamId: number,
    flags: Exclude<Flags, "">,
  ): Promise<DataFrame | WindowUpdateFrame> {
    const wanted = flags.toLowerCase().split(" ") as ("syn" | "ack" | "fin" | "rst")[];
    const isIt = (frame: Frame): boolean =>
      "streamId" in frame && frame.streamId === streamId && wanted.every((flag) => frame[flag]);
    return (await this.next(isIt)) as DataFrame | WindowUpdateFrame;
  }

  /** Takes Data of a stream until `length` bytes have come. */
  async takeBytes(streamId: number, length: number): Promise<void> {
    for (let left = length; left > 0; ) left -= (await this.nextData(streamId)).body.length;
  }

  /** Checks that the peer reads its input. */
  async checkReads(value = 0x2a): Promise<void> {
    this.send(ping(value));
    await this.next((frame) => frame.type === "ping" && frame.ack && frame.value === value);
  }

  /** Resolves with the code of the next Go Away. */
  async nextGoAway(): Promise<number> {
    const frame = await this.next(({ type }) => type === "goAway");
    return (frame as Extract<Frame, { type: "goAway" }>).code;
  }
}
