// Helpers of the tests of yamux's quirks.

import { strict as assert } from "node:assert";
import type { Frame } from "@muxado/yamux";
import { type RawYamux, update } from "../raw-yamux.ts";
import type { RemoteSession } from "../remote-session.ts";
import type { RemoteStream } from "../remote-stream.ts";

export interface YamuxProbe {
  readonly raw: RawYamux;
  readonly remote: RemoteSession;
}

/** Credit that both ends assume at the start, in bytes. */
export const WINDOW = 262_144;

/** A stream that the raw peer has opened and the other side has accepted. */
export async function opened({ raw, remote }: YamuxProbe, id: number): Promise<RemoteStream> {
  raw.send(update(id, "SYN"));
  return remote.accept();
}

/**
 * The frames of a stream that have come so far and that no call has asked for. The peer has read all frames sent to it.
 */
export async function framesOf({ raw }: YamuxProbe, id: number): Promise<Frame[]> {
  await raw.checkReads();
  return raw.take().filter((frame) => "streamId" in frame && frame.streamId === id);
}

/** Checks that the transport ends, and the codes of the Go Aways before that. */
export async function endsWith({ raw }: YamuxProbe, ...codes: number[]): Promise<void> {
  await raw.ended;
  const said = raw.take().flatMap((frame) => (frame.type === "goAway" ? frame.code : []));
  assert.deepEqual(said, codes);
}

/** An id in hexadecimal, in the form of a header. */
export function idHex(streamId: number): string {
  return streamId.toString(16).padStart(8, "0");
}
