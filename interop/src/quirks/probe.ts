// Helpers of the quirk tests: a raw peer sends frames, and the test questions the session at the other end.

import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { stillWaits } from "../cell.ts";
import { data, type RawFrames } from "../raw-frames.ts";
import type { RemoteSession } from "../remote-session.ts";
import type { RemoteStream } from "../remote-stream.ts";

export interface Probe {
  readonly raw: RawFrames;
  readonly remote: RemoteSession;
}

/** An id in hexadecimal, in the form of a header. */
export function idHex(streamId: number): string {
  return (streamId >>> 0).toString(16).padStart(8, "0");
}

/** A stream that the raw peer has opened. Its first bytes are still unread. */
export async function opened({ raw, remote }: Probe, id: number, body = ""): Promise<RemoteStream> {
  raw.send(data(id, "SYN", body));
  return remote.accept();
}

/** Checks that the session reads its input: both libraries answer DATA on an unknown stream. */
export async function checkReads({ raw }: Probe, unknownId: number): Promise<void> {
  raw.send(data(unknownId, "", "anybody there?"));
  assert.equal(await raw.nextReset(unknownId), 4);
}

/** Checks that the session does not read its input. */
export async function checkReadsNothing({ raw }: Probe, unknownId: number): Promise<void> {
  raw.send(data(unknownId, "", "anybody there?"));
  await stillWaits(raw.nextReset(unknownId));
}

/**
 * Fills the transport and Go's queue of 64 frames, so that all further frames must wait. The peer must log its writes.
 */
export async function clog({ raw, remote }: Probe): Promise<void> {
  raw.pause();
  for (let n = 0; n < 120; n++) {
    const stream = await remote.open();
    // This write ends with the process.
    stream.write({ bytes: 262_144, seed: n }).catch(() => undefined);
  }
  do await sleep(150);
  while ((await remote.writes()).length > 0);
}

/** Number of streams that {@link occupyWriter} opens. */
export const OCCUPYING = 120;

/** Gives Rust's writer more bytes than the transport takes. Its later frames wait behind them. */
export async function occupyWriter({ raw, remote }: Probe): Promise<void> {
  const streams: RemoteStream[] = [];
  while (streams.length < OCCUPYING) streams.push(await remote.open());
  raw.pause();
  for (const stream of streams) await stream.write({ bytes: 262_144, seed: 1, piece: 262_144 });
}
