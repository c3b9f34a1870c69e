// One stream from both ends, ready for use. Its opener has sent its first bytes.

import { strict as assert } from "node:assert";
import type { Stream } from "@muxado/core";
import type { Connection } from "./cell.ts";
import { ask } from "./local-stream.ts";
import type { RemoteStream } from "./remote-stream.ts";

export interface Pair {
  /** Our end. */
  readonly stream: Stream;
  /** The peer's end. */
  readonly there: RemoteStream;
}

/** The sides that can open a stream. */
export const openers = ["us", "peer"] as const;
export type Opener = (typeof openers)[number];

const HELLO = "2a";

/** Opens a stream from either side. A peer's SYN leaves with its first write, so the opener must write something. */
export async function pair({ session, remote }: Connection, opener: Opener): Promise<Pair> {
  if (opener === "us") {
    const stream = session.open();
    await stream.write(Buffer.from(HELLO, "hex"));
    const there = await remote.accept();
    assert.deepEqual(await there.read(1), { hex: HELLO });
    return { stream, there };
  }
  const there = await remote.open();
  await there.write({ hex: HELLO });
  const stream = await session.accept();
  assert.equal(await readHex(stream), HELLO);
  return { stream, there };
}

/** Returns the next chunk in hexadecimal, or null at the end. */
export async function readHex(stream: Stream): Promise<string | null> {
  const chunk = await stream.read();
  return chunk && Buffer.from(chunk).toString("hex");
}

/** Checks that the session still works. From this call on, the peer echoes every stream. */
export async function checkAlive({ session, remote }: Connection): Promise<void> {
  await remote.serve();
  await ask(session, 1_000, 99);
}
