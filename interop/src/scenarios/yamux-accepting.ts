// Streams of yamux that are not taken, or late: backlogs that are full, limits, and the 256 streams that may be open
// without the other end having said so.

import { strict as assert } from "node:assert";
import type { Stream, TracedFrame } from "@muxado/core";
import { type Cell, type Connection, until } from "../cell.ts";
import { ask, receive, serve } from "../local-stream.ts";
import { checkAlive } from "../pair.ts";
import { digestOf } from "../payload.ts";
import type { RemoteStream } from "../remote-stream.ts";
import type { Scenario } from "../scenario.ts";

const OPENED = 20;
const BACKLOG = 4;
const CAP = 256;

export const yamuxAcceptings: readonly Scenario[] = [
  {
    name: "their accept queue overflows",
    run: theirQueue,
    impossible: {
      "yamux-rust": ["Y5", "it refuses nothing, and ends the session beyond its limit"],
    },
  },
  { name: "our accept queue overflows", run: ourQueue },
  { name: "we refuse a stream", run: weRefuse },
  { name: "256 streams that they do not acknowledge", run: unacknowledged },
  { name: "they acknowledge late", run: lateAcknowledgement },
];

async function theirQueue(cell: Cell): Promise<void> {
  const { session, remote } = await cell.connect({
    peer: { backlog: BACKLOG, streamLimit: BACKLOG },
  });
  const streams = Array.from({ length: OPENED }, () => session.open());
  for (const stream of streams) await stream.write(new Uint8Array(100));
  await until(() => refusedOf(streams).length === OPENED - BACKLOG);
  for (const { error } of refusedOf(streams)) {
    assert.equal(error?.code, "STREAM_RESET");
    assert.equal(error.origin, "remote");
  }
  await remote.serve();
  const taken = streams.filter(({ error }) => error === undefined);
  for (const stream of taken) {
    await stream.closeWrite();
    assert.equal((await receive(stream)).bytes, 100);
  }
  // The next ones, on the same session.
  for (let n = 0; n < OPENED; n++) await ask(session, 100, n);
}

function refusedOf(streams: readonly Stream[]): Stream[] {
  return streams.filter(({ error }) => error !== undefined);
}

async function ourQueue(cell: Cell): Promise<void> {
  const connection = await cell.connect({ session: { acceptBacklog: BACKLOG } });
  const { session } = connection;
  const streams = await openThere(connection, OPENED);
  await Promise.all(streams.slice(BACKLOG).map(failsThere));
  assert.equal(session.stats().waitingForAccept, BACKLOG);
  serve(session);
  for (const stream of streams.slice(0, BACKLOG)) {
    await stream.closeWrite();
    assert.equal((await stream.receive()).bytes, 100);
  }
}

async function weRefuse(cell: Cell): Promise<void> {
  const connection = await cell.connect({ session: { maxInboundStreams: 1 } });
  const [first, second] = await openThere(connection, 2);
  await failsThere(second!);
  serve(connection.session);
  await first!.closeWrite();
  assert.equal((await first!.receive()).bytes, 100);
}

/** Opens streams at the peer's end one after the other, each with 100 bytes. */
async function openThere({ remote }: Connection, count: number): Promise<RemoteStream[]> {
  const streams: RemoteStream[] = [];
  for (let n = 0; n < count; n++) {
    const stream = await remote.open();
    await stream.write({ bytes: 100, seed: n });
    streams.push(stream);
  }
  return streams;
}

/** The peer's writer is told that its stream was refused. */
async function failsThere(stream: RemoteStream): Promise<void> {
  const { end } = await stream.write({ bytes: 10_000, seed: 1, piece: 10, pause: 5 });
  assert.notEqual(end, "clean");
}

/** Streams that we have opened on the wire. */
function countOpens(): { readonly trace: (frame: TracedFrame) => void; count: number } {
  const opens = {
    count: 0,
    trace: (frame: TracedFrame): void => {
      if (frame.kind === "data" && frame.direction === "out" && frame.syn) opens.count++;
    },
  };
  return opens;
}

/** A peer that accepts nothing is not shown more than it has said it can take. */
async function unacknowledged(cell: Cell): Promise<void> {
  const opens = countOpens();
  const { session, remote } = await cell.connect({ session: { trace: opens.trace } });
  const streams = Array.from({ length: CAP + 50 }, () => session.open());
  await until(() => opens.count === CAP);
  // An answer says that all before it has been read, and that nothing has come of it.
  await session.ping();
  assert.equal(opens.count, CAP);
  assert.ok(streams.every(({ error }) => error === undefined));
  await remote.serve();
  await Promise.all(streams.map((stream, n) => ask(session, 100, n, stream)));
  assert.equal(opens.count, CAP + 50);
}

/** Rust and JavaScript acknowledge with the first frame that they have to send anyway. */
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
  // Meanwhile it can be used as any other.
  await stream.write(new Uint8Array(100));
  assert.equal((await there.read()).hex.length, 200);
  await there.write({ bytes: 1_000, seed: 1 });
  await there.closeWrite();
  assert.deepEqual(await receive(stream), digestOf(1_000, 1));
  assert.equal(acknowledged, 1);
  await stream.closeWrite();
  await checkAlive(connection);
}
