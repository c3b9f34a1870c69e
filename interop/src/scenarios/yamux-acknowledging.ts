// Streams that a yamux peer acknowledges late, or never. 256 such streams may be open at a time.

import { strict as assert } from "node:assert";
import type { TracedFrame } from "@muxado/core";
import { type Cell, until } from "../cell.ts";
import { ask, receive } from "../local-stream.ts";
import { checkAlive } from "../pair.ts";
import { digestOf } from "../payload.ts";
import type { Scenario } from "../scenario.ts";

const CAP = 256;

export const yamuxAcknowledgements: readonly Scenario[] = [
  { name: "256 streams that they do not acknowledge", run: unacknowledged },
  { name: "they acknowledge late", run: lateAcknowledgement },
];

/** Counts the streams that we have opened on the wire. */
function countOpens(): { readonly trace: (frame: TracedFrame) => void; count: number } {
  const opens = {
    count: 0,
    trace: (frame: TracedFrame): void => {
      if (frame.kind === "data" && frame.direction === "out" && frame.syn) opens.count++;
    },
  };
  return opens;
}

/** If a peer accepts nothing, we open no more streams on the wire than {@link CAP}. */
async function unacknowledged(cell: Cell): Promise<void> {
  const opens = countOpens();
  const { session, remote } = await cell.connect({ session: { trace: opens.trace } });
  const streams = Array.from({ length: CAP + 50 }, () => session.open());
  await until(() => opens.count === CAP);
  // The answer shows that the peer has read all frames before the ping, and that nothing followed from them.
  await session.ping();
  assert.equal(opens.count, CAP);
  assert.ok(streams.every(({ error }) => error === undefined));
  await remote.serve();
  await Promise.all(streams.map((stream, n) => ask(session, 100, n, stream)));
  assert.equal(opens.count, CAP + 50);
}

/** Rust and JavaScript acknowledge with the first frame that they must send anyway. */
async function lateAcknowledgement(cell: Cell): Promise<void> {
  let acknowledged = 0;
  const trace = ({ kind, direction }: TracedFrame): void => {
    if (kind === "acknowledgement" && direction === "in") acknowledged++;
  };
  const connection = await cell.connect({ session: { trace } });
  const { session, remote } = connection;
  const stream = session.open();
  const there = await remote.accept();
  await session.ping();
  assert.equal(acknowledged, cell.peer.library === "yamux-go" ? 1 : 0);
  // Meanwhile the stream can be used like any other.
  await stream.write(new Uint8Array(100));
  assert.equal((await there.read()).hex.length, 200);
  await there.write({ bytes: 1_000, seed: 1 });
  await there.closeWrite();
  assert.deepEqual(await receive(stream), digestOf(1_000, 1));
  assert.equal(acknowledged, 1);
  await stream.closeWrite();
  await checkAlive(connection);
}
