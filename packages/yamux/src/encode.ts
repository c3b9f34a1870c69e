// Encodes a frame object into bytes, and checks every field against the limits of the wire. It does not know the
// streams, so it cannot check whether a stream may send the frame now. Spec §4.

import { Flag } from "./frame-type.ts";
import type { DataFrame, Frame, WindowUpdateFrame } from "./frame.ts";
import { HEADER_LENGTH, MAX_BODY_LENGTH, MAX_INCREMENT, MAX_STREAM_ID } from "./limits.ts";
import { putData, putGoAway, putPing, putWindowUpdate } from "./put.ts";

const MAX_UINT32 = 0xffffffff;

/**
 * Returns the bytes of one frame, in a new array that the caller owns.
 *
 * @throws TypeError when `type` does not exist, or a field has the wrong kind of value
 * @throws RangeError when a number does not fit its field; the message names frame and field
 */
export function encode(frame: Frame): Uint8Array<ArrayBuffer> {
  switch (frame.type) {
    case "data": {
      const { streamId, body } = frame;
      checkInteger(frame, "streamId", streamId, 1, MAX_STREAM_ID);
      checkBytes(frame, "body", body);
      const target = new Uint8Array(HEADER_LENGTH + body.length);
      target.set(body, putData(target, 0, streamId, flagsOf(frame), body.length));
      return target;
    }
    case "windowUpdate": {
      checkInteger(frame, "streamId", frame.streamId, 1, MAX_STREAM_ID);
      checkInteger(frame, "increment", frame.increment, 0, MAX_INCREMENT);
      const target = new Uint8Array(HEADER_LENGTH);
      putWindowUpdate(target, 0, frame.streamId, flagsOf(frame), frame.increment);
      return target;
    }
    case "ping": {
      checkInteger(frame, "value", frame.value, 0, MAX_UINT32);
      const target = new Uint8Array(HEADER_LENGTH);
      putPing(target, 0, frame.ack ? Flag.ACK : Flag.SYN, frame.value);
      return target;
    }
    case "goAway": {
      checkInteger(frame, "code", frame.code, 0, MAX_UINT32);
      const target = new Uint8Array(HEADER_LENGTH);
      putGoAway(target, 0, frame.code);
      return target;
    }
    default:
      throw new TypeError(
        `frame type must be data, windowUpdate, ping or goAway, got ${String((frame as Frame).type)}`,
      );
  }
}

function flagsOf({ syn, ack, fin, rst }: DataFrame | WindowUpdateFrame): number {
  return (syn ? Flag.SYN : 0) | (ack ? Flag.ACK : 0) | (fin ? Flag.FIN : 0) | (rst ? Flag.RST : 0);
}

function checkInteger(frame: Frame, field: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(
      `${frame.type} frame: ${field} must be an integer from ${min} to ${max}, got ${value}`,
    );
  }
}

function checkBytes(frame: Frame, field: string, value: Uint8Array): void {
  if (!(value instanceof Uint8Array))
    throw new TypeError(`${frame.type} frame: ${field} must be a Uint8Array`);
  if (value.length > MAX_BODY_LENGTH) {
    throw new RangeError(
      `${frame.type} frame: ${field} must have at most ${MAX_BODY_LENGTH} bytes, got ${value.length}`,
    );
  }
}
