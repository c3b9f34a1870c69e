// Encodes a frame object into bytes, and checks every field against the limits of the wire. It does not know the
// streams, so it cannot check whether a stream may send the frame now. Spec §4.

import { Flag } from "./frame-type.ts";
import type { Frame } from "./frame.ts";
import { HEADER_LENGTH, MAX_BODY_LENGTH, MAX_INCREMENT, MAX_STREAM_ID } from "./limits.ts";
import { putData, putGoAway, putIncrement, putReset } from "./put.ts";

const MAX_UINT32 = 0xffffffff;

/**
 * Returns the bytes of one frame, in a new array that the caller owns.
 *
 * @throws TypeError when the `type` does not exist, or a field has the wrong kind of value
 * @throws RangeError when a number does not fit its field; the message names frame and field
 */
export function encode(frame: Frame): Uint8Array<ArrayBuffer> {
  switch (frame.type) {
    case "data": {
      const { streamId, syn, fin, body } = frame;
      checkInteger(frame, "streamId", streamId, 1, MAX_STREAM_ID);
      checkBytes(frame, "body", body, MAX_BODY_LENGTH);
      const target = new Uint8Array(HEADER_LENGTH + body.length);
      target.set(
        body,
        putData(target, 0, streamId, (syn ? Flag.SYN : 0) | (fin ? Flag.FIN : 0), body.length),
      );
      return target;
    }
    case "reset": {
      checkInteger(frame, "streamId", frame.streamId, 1, MAX_STREAM_ID);
      checkInteger(frame, "errorCode", frame.errorCode, 0, MAX_UINT32);
      const target = new Uint8Array(HEADER_LENGTH + 4);
      putReset(target, 0, frame.streamId, frame.errorCode);
      return target;
    }
    case "increment": {
      checkInteger(frame, "streamId", frame.streamId, 1, MAX_STREAM_ID);
      checkInteger(frame, "increment", frame.increment, 1, MAX_INCREMENT);
      const target = new Uint8Array(HEADER_LENGTH + 4);
      putIncrement(target, 0, frame.streamId, frame.increment);
      return target;
    }
    case "goAway": {
      checkInteger(frame, "lastStreamId", frame.lastStreamId, 0, MAX_STREAM_ID);
      checkInteger(frame, "errorCode", frame.errorCode, 0, MAX_UINT32);
      checkBytes(frame, "debug", frame.debug, MAX_BODY_LENGTH - 8);
      const target = new Uint8Array(HEADER_LENGTH + 8 + frame.debug.length);
      putGoAway(target, 0, frame.lastStreamId, frame.errorCode, frame.debug);
      return target;
    }
    default:
      throw new TypeError(
        `frame type must be data, reset, increment or goAway, got ${String((frame as Frame).type)}`,
      );
  }
}

function checkInteger(frame: Frame, field: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(
      `${frame.type} frame: ${field} must be an integer from ${min} to ${max}, got ${value}`,
    );
  }
}

function checkBytes(frame: Frame, field: string, value: Uint8Array, max: number): void {
  if (!(value instanceof Uint8Array))
    throw new TypeError(`${frame.type} frame: ${field} must be a Uint8Array`);
  if (value.length > max) {
    throw new RangeError(
      `${frame.type} frame: ${field} must have at most ${max} bytes, got ${value.length}`,
    );
  }
}
