// The rules for a header. These are all rules that a frame alone can break. The decoder calls this code rarely: only
// for a header that its fast test did not pass. Spec §3.2.

import type { YamuxFrameField } from "./frame-error.ts";
import { Flag, FrameType } from "./frame-type.ts";
import { readUint32 } from "./integer.ts";

/** Why a frame is invalid. */
export interface Verdict {
  readonly field: YamuxFrameField;
  readonly reason: string;
}

/**
 * Returns the first rule that the header at `at` breaks, in the order of the spec: version, type, stream id, flags.
 *
 * @returns undefined when the header is valid
 */
export function judgeHeader(source: Uint8Array, at: number): Verdict | undefined {
  const version = source[at]!;
  if (version !== 0) return { field: "version", reason: `is ${version}, must be 0` };
  const type = source[at + 1]!;
  if (type > FrameType.GO_AWAY) return { field: "type", reason: "does not exist" };
  const streamId = readUint32(source, at + 4);
  if (type === FrameType.DATA || type === FrameType.WINDOW_UPDATE) {
    return streamId === 0 ? { field: "streamId", reason: "is 0" } : undefined;
  }
  if (streamId !== 0) return { field: "streamId", reason: `is ${streamId}, must be 0` };
  if (type === FrameType.GO_AWAY) return undefined;
  const flags = source[at + 3]! & (Flag.SYN | Flag.ACK);
  if (flags === 0) return { field: "flags", reason: "have neither SYN nor ACK" };
  if (flags === (Flag.SYN | Flag.ACK)) return { field: "flags", reason: "have both SYN and ACK" };
  return undefined;
}
