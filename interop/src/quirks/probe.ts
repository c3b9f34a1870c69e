// What the tests of quirks share: a raw peer says something, and the session at the other end is asked about it.

import { strict as assert } from "node:assert";
import { stillWaits } from "../cell.ts";
import { data, type RawFrames } from "../raw-frames.ts";
import type { RemoteSession } from "../remote-session.ts";
import type { RemoteStream } from "../remote-stream.ts";

export interface Probe {
  readonly raw: RawFrames;
  readonly remote: RemoteSession;
}

/** An id in hexadecimal, as it stands in a header. */
export function idHex(streamId: number): string {
  return (streamId >>> 0).toString(16).padStart(8, "0");
}

/** A stream that the raw peer has opened, with what it said first still unread. */
export async function opened({ raw, remote }: Probe, id: number, body = ""): Promise<RemoteStream> {
  raw.send(data(id, "SYN", body));
  return remote.accept();
}

/** Checks that the session reads what it gets: DATA on an unknown stream has an answer in both libraries. */
export async function checkReads({ raw }: Probe, unknownId: number): Promise<void> {
  raw.send(data(unknownId, "", "anybody there?"));
  assert.equal(await raw.nextRst(unknownId), 4);
}

/** Checks the opposite. */
export async function checkReadsNothing({ raw }: Probe, unknownId: number): Promise<void> {
  raw.send(data(unknownId, "", "anybody there?"));
  await stillWaits(raw.nextRst(unknownId));
}

/** Fills the transport and Go's queue of 64 frames, so that everything more has to wait. */
export async function clog({ raw, remote }: Probe): Promise<void> {
  raw.pause();
  const writing: Promise<unknown>[] = [];
  for (let n = 0; n < 120; n++) {
    const stream = await remote.open();
    // Ends with the process.
    writing.push(stream.write({ bytes: 262_144, seed: n }).catch(() => undefined));
  }
  await stillWaits(Promise.all(writing), 400);
}
