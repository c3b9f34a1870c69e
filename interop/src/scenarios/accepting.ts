// Streams that are not accepted: full backlogs, limits, and GOAWAYs that cross a SYN. The opener learns that it may try
// again.

import { strict as assert } from "node:assert";
import type { Session, Stream, TracedFrame } from "@muxado/core";
import { type Cell, type Connection, until } from "../cell.ts";
import { ask, checkFailedThere, failureOf, receive, serve } from "../local-stream.ts";
import { Proxy } from "../proxy.ts";
import type { RemoteStream } from "../remote-stream.ts";
import type { Scenario } from "../scenario.ts";

const STREAM_REFUSED = 5;
const ACCEPT_QUEUE_FULL = 9;
const OPENED = 20;
const BACKLOG = 4;

export const acceptings: readonly Scenario[] = [
  {
    name: "their accept queue overflows",
    wire: "muxado",
    run: theirQueue,
    impossible: { rust: ["R7", "it refuses nothing, and stops reading until somebody accepts"] },
  },
  {
    name: "their accept queue overflows",
    wire: "yamux",
    run: theirYamuxQueue,
    impossible: {
      "yamux-rust": ["Y5", "it refuses nothing, and ends the session beyond its limit"],
    },
  },
  { name: "our accept queue overflows", run: ourQueue },
  { name: "we refuse a stream", run: weRefuse },
  { name: "their GOAWAY crosses our stream", wire: "muxado", run: crossingGoAway },
];

async function theirQueue(cell: Cell): Promise<void> {
  let cancels = 0;
  const trace = (frame: TracedFrame): void => {
    if (frame.kind === "reset" && frame.direction === "out" && frame.errorCode === 6) cancels++;
  };
  const { session, remote } = await cell.connect({
    session: { trace },
    peer: { backlog: BACKLOG },
  });
  const streams = await overflow(session);
  for (const { error } of refusedOf(streams)) {
    assert.equal(error?.code, "ACCEPT_QUEUE_FULL");
    assert.equal(error.origin, "remote");
    assert.equal(error.retry, "safe");
  }
  // Our RSTs free the streams that Go has refused (G5).
  await until(() => cancels === OPENED - BACKLOG);
  await remote.serve();
  for (const stream of streams.filter(({ error }) => error === undefined))
    await stream.closeWrite();
  for (let served = 0; served < BACKLOG; served++) {
    assert.equal((await remote.served()).bytes, 100);
  }
  // The retries use the same session.
  await Promise.all(refusedOf(streams).map((_, n) => ask(session, 100, n)));
}

async function theirYamuxQueue(cell: Cell): Promise<void> {
  const { session, remote } = await cell.connect({
    peer: { backlog: BACKLOG, streamLimit: BACKLOG },
  });
  const streams = await overflow(session);
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
  // The next streams use the same session.
  for (let n = 0; n < OPENED; n++) await ask(session, 100, n);
}

/** Opens more streams than the peer has room for, and waits until the peer has refused the surplus. */
async function overflow(session: Session): Promise<Stream[]> {
  const streams = Array.from({ length: OPENED }, () => session.open());
  for (const stream of streams) await stream.write(new Uint8Array(100));
  await until(() => refusedOf(streams).length === OPENED - BACKLOG);
  return streams;
}

function refusedOf(streams: readonly Stream[]): Stream[] {
  return streams.filter(({ error }) => error !== undefined);
}

async function ourQueue(cell: Cell): Promise<void> {
  const { session, remote } = await cell.connect({ session: { acceptBacklog: BACKLOG } });
  const streams = await openThere({ session, remote }, OPENED);
  await Promise.all(
    streams.slice(BACKLOG).map((stream) => failsThere(cell, stream, ACCEPT_QUEUE_FULL)),
  );
  assert.equal(session.stats().waitingForAccept, BACKLOG);
  serve(session);
  for (const stream of streams.slice(0, BACKLOG)) {
    await stream.closeWrite();
    assert.equal((await stream.receive()).bytes, 100);
  }
}

async function weRefuse(cell: Cell): Promise<void> {
  const { session, remote } = await cell.connect({ session: { maxInboundStreams: 1 } });
  const [first, second] = await openThere({ session, remote }, 2);
  await failsThere(cell, second!, STREAM_REFUSED);
  serve(session);
  await first!.closeWrite();
  assert.equal((await first!.receive()).bytes, 100);
}

/** Opens streams at the peer's end one after the other, and writes 100 bytes on each. */
async function openThere({ remote }: Connection, count: number): Promise<RemoteStream[]> {
  const streams: RemoteStream[] = [];
  for (let n = 0; n < count; n++) {
    const stream = await remote.open();
    await stream.write({ bytes: 100, seed: n });
    streams.push(stream);
  }
  return streams;
}

/** The peer's writer learns that its stream was refused. Its reader may not (R1). */
async function failsThere({ peer }: Cell, stream: RemoteStream, code: number): Promise<void> {
  const { end } = await stream.write({ bytes: 10_000, seed: 1, piece: 10, pause: 5 });
  checkFailedThere(peer.wire, end, code);
}

/** Our SYN is on its way when the peer sends GOAWAY. */
async function crossingGoAway(cell: Cell): Promise<void> {
  const proxy = new Proxy();
  const { session, remote } = await cell.connect({ proxy, session: { goAwayTimeout: 500 } });
  for (const sender of ["us", "peer"] as const) proxy.hold(sender);
  const stream = session.open();
  await remote.goAway(0, "on my way out");
  await until(() => proxy.held("us") > 0 && proxy.held("peer") > 0);
  for (const sender of ["us", "peer"] as const) proxy.release(sender);
  const error = await failureOf(stream.read().then(() => stream.write(new Uint8Array(1))));
  assert.equal(error.code, "REMOTE_GONE_AWAY");
  assert.equal(error.retry, "safe");
  // After Rust's GOAWAY, no further frame can be read (R4).
  const code = cell.peer.library === "go" ? "REMOTE_GONE_AWAY" : "SESSION_CLOSED";
  assert.throws(() => session.open(), { code, retry: "safe" });

  // The retry is safe, so we try again on a new session.
  const next = await cell.connect();
  await next.remote.serve();
  await ask(next.session, 1_000, 1);
}
