// Frames of a peer that is played by hand, in as few words as a test can be read with.

import { ErrorCode, type ErrorCodeName, type Frame } from "@muxado/frame";
import { concatenated, patterned } from "./bytes.ts";
import { NO_LAST_ID, type Phrase, type Sign } from "./dialect.ts";

const NOTHING = new Uint8Array(0);

/** So many bytes, or the bytes of a text. */
export function bytes(content: number | string): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : patterned(content);
}

function body(content: number | string | Uint8Array | undefined): Uint8Array {
  if (content === undefined) return NOTHING;
  return content instanceof Uint8Array ? content : bytes(content);
}

/** The bytes of a body: a number of bytes, the bytes of a text, or the given bytes. */
export type Content = number | string | Uint8Array;

/** DATA with SYN. */
export function syn(streamId: number, content?: Content): Frame {
  return { type: "data", streamId, syn: true, fin: false, body: body(content) };
}

/** DATA with SYN and FIN. */
export function synFin(streamId: number, content?: Content): Frame {
  return { type: "data", streamId, syn: true, fin: true, body: body(content) };
}

/** DATA without flags. */
export function data(streamId: number, content?: Content): Frame {
  return { type: "data", streamId, syn: false, fin: false, body: body(content) };
}

/** DATA with FIN. */
export function fin(streamId: number, content?: Content): Frame {
  return { type: "data", streamId, syn: false, fin: true, body: body(content) };
}

/** RST with a named code, or any number. */
export function reset(streamId: number, code: ErrorCodeName | number): Frame {
  return { type: "reset", streamId, errorCode: numberOf(code) };
}

/** WNDINC. */
export function increment(streamId: number, increment: number): Frame {
  return { type: "increment", streamId, increment };
}

/** GOAWAY with a named code, or any number. */
export function goAway(
  lastStreamId: number,
  code: ErrorCodeName | number = "NO_ERROR",
  debug?: Content,
): Frame {
  return { type: "goAway", lastStreamId, errorCode: numberOf(code), debug: body(debug) };
}

/** The acknowledgement of a stream, on a wire with acknowledgements. */
export function ack(streamId: number): Sign {
  return { type: "ack", streamId };
}

/** A ping, on a wire that has pings. */
export function ping(value: number): Sign {
  return { type: "ping", value, isAnswer: false };
}

/** The answer to a ping. */
export function pong(value: number): Sign {
  return { type: "ping", value, isAnswer: true };
}

function numberOf(code: ErrorCodeName | number): number {
  return typeof code === "number" ? code : ErrorCode[code];
}

/** Each frame as one line: most expectations use it. */
export function brief(frames: readonly Phrase[]): string[] {
  return frames.map((frame) => {
    switch (frame.type) {
      case "data": {
        const flags = `${frame.syn ? " SYN" : ""}${frame.fin ? " FIN" : ""}`;
        return `${frame.streamId}: DATA ${frame.body.length}${flags}`;
      }
      case "reset":
        return `${frame.streamId}: RST ${nameOf(frame.errorCode)}`;
      case "increment":
        return `${frame.streamId}: WNDINC ${frame.increment}`;
      case "goAway": {
        const lastId = frame.lastStreamId === NO_LAST_ID ? "" : ` ${frame.lastStreamId}`;
        return `GOAWAY${lastId} ${nameOf(frame.errorCode)}`;
      }
      case "ack":
        return `${frame.streamId}: ACK`;
      case "ping":
        return `${frame.isAnswer ? "PONG" : "PING"} ${frame.value}`;
    }
  });
}

function nameOf(errorCode: number): string {
  const entry = Object.entries(ErrorCode).find(([, code]) => code === errorCode);
  return entry?.[0] ?? String(errorCode);
}

/** The bodies of all frames of one stream, joined. */
export function contentOf(frames: readonly Frame[], streamId: number): Uint8Array {
  const bodies = frames.flatMap((frame) =>
    frame.type === "data" && frame.streamId === streamId ? [frame.body] : [],
  );
  return concatenated(bodies);
}
