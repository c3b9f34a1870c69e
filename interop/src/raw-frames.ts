// A raw peer that sends and receives muxado frames alone.

import type { Socket } from "node:net";
import {
  type DataFrame,
  describe,
  encode,
  type Frame,
  FrameDecoder,
  type FrameError,
  type GoAwayFrame,
  type ResetFrame,
} from "@muxado/frame";
import type { CellLog } from "./cell-log.ts";
import { RawEnd } from "./raw-end.ts";

/** A short form of DATA. */
export function data(
  streamId: number,
  flags: "" | "SYN" | "FIN" | "SYN FIN" = "",
  body: string | Uint8Array = "",
): Frame {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return {
    type: "data",
    streamId,
    syn: flags.includes("SYN"),
    fin: flags.includes("FIN"),
    body: new Uint8Array(bytes),
  };
}

export function reset(streamId: number, errorCode: number): Frame {
  return { type: "reset", streamId, errorCode };
}

export function increment(streamId: number, increment: number): Frame {
  return { type: "increment", streamId, increment };
}

export function goAway(lastStreamId: number, errorCode = 0, debug = ""): Frame {
  return { type: "goAway", lastStreamId, errorCode, debug: new TextEncoder().encode(debug) };
}

/** The raw end of a muxado connection. */
export class RawFrames extends RawEnd<Frame, FrameError> {
  constructor(socket: Socket, log: CellLog) {
    const decoder = new FrameDecoder();
    super(socket, log, { decode: (chunk) => decoder.decode(chunk), encode, describe });
  }

  /** Resolves with the next DATA of a stream. */
  async nextData(streamId: number): Promise<DataFrame> {
    const isIt = (frame: Frame): boolean => frame.type === "data" && frame.streamId === streamId;
    return (await this.next(isIt)) as DataFrame;
  }

  /** Takes DATA of a stream until `length` bytes have come. */
  async takeBytes(streamId: number, length: number): Promise<void> {
    for (let left = length; left > 0; ) left -= (await this.nextData(streamId)).body.length;
  }

  /** Resolves with the code of the next RST of a stream. */
  async nextReset(streamId: number): Promise<number> {
    const isIt = (frame: Frame): boolean => frame.type === "reset" && frame.streamId === streamId;
    return ((await this.next(isIt)) as ResetFrame).errorCode;
  }

  /** Resolves with the next GOAWAY. */
  async nextGoAway(): Promise<GoAwayFrame> {
    return (await this.next(({ type }) => type === "goAway")) as GoAwayFrame;
  }
}
