// Ends without loss: one side drains with streams in flight, or sends GOAWAY and goes on.

import { strict as assert } from "node:assert";
import type { Stream } from "@muxado/core";
import { INITIAL_WINDOW } from "@muxado/frame";
import { type Cell, type Connection, until } from "../cell.ts";
import { ask, echo, receive, sendAll, serve } from "../local-stream.ts";
import { pair } from "../pair.ts";
import { digestOf } from "../payload.ts";
import { hangsUpSilently } from "../peers.ts";
import type { PeerError } from "../peer-process.ts";
import type { Scenario } from "../scenario.ts";

const STREAMS = 20;
/** More bytes than a window, for each stream. */
const BYTES = 600_000;
const REMOTE_GONE_AWAY = 11;

const onAnyGoAway = {
  rust: ["R3", "it drops all its streams on any GOAWAY, its own too"],
  "yamux-rust": ["Y9", "it drops the connection on any Go Away, and after its own"],
  "yamux-js": ["L10", "a Go Away ends all its streams, and its own comes behind them"],
} as const;

export const drains: readonly Scenario[] = [
  { name: "we drain with streams in flight", run: weDrain },
  { name: "they drain with streams in flight", run: theyDrain },
  { name: "we say GOAWAY and go on", run: weGoAway, impossible: onAnyGoAway },
  { name: "they say GOAWAY and go on", run: theyGoAway, impossible: onAnyGoAway },
  { name: "they say why they end", wire: "muxado", run: theySayWhy },
  { name: "they end with a code", only: ["yamux-js"], run: theyEndWithCode },
];

/**
 * Starts exchanges in both directions. No exchange can finish yet: each is longer than a window, and our side does not
 * read. The caller calls the returned function, which reads and so completes all exchanges.
 */
async function start({ session, remote }: Connection): Promise<() => Promise<unknown>> {
  await remote.serve();
  const answers = remote.ask({ count: STREAMS, bytes: BYTES, seed: 500 });
  const theirs: Stream[] = [];
  while (theirs.length < STREAMS) theirs.push(await session.accept());
  const ours = Array.from({ length: STREAMS }, () => session.open());
  const sending = ours.map((stream, n) => sendAll(stream, BYTES, n));
  await until(() => session.stats().bytesReceived > 2 * STREAMS * INITIAL_WINDOW);
  assert.equal(session.stats().openStreams, 2 * STREAMS, "streams are in flight");
  return async () => {
    const echoing = theirs.map(echo);
    const receiving = ours.map((stream) => receive(stream));
    const whole = ours.map((_, n) => digestOf(BYTES, n));
    assert.deepEqual(await Promise.all(receiving), whole);
    assert.deepEqual(await Promise.all(sending), whole);
    assert.deepEqual(await answers, { right: STREAMS, wrong: [] });
    for (const { end } of await Promise.all(echoing)) assert.equal(end, "clean");
  };
}

async function weDrain(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  const { session, remote } = connection;
  const finish = await start(connection);
  const closed = session.close();
  await finish();
  if (cell.peer.library === "rust") {
    // Rust hangs up when its application drops the session. An application does that when it has no more streams to
    // accept.
    await remote.process.next(({ report }) => report === "served all");
    await remote.end();
  }
  await closed;
  const { localError, remoteError } = await session.closed;
  assert.deepEqual([localError, remoteError], [undefined, undefined]);
  if (cell.peer.library === "go") {
    const end = await remote.ended();
    assert.equal(end.remote?.code, 0, "what our GOAWAY said");
    assert.equal(end.debug, "");
  }
}

/** The peers end in the way of their applications: they complete all streams, and close. */
async function theyDrain(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  const { session, remote } = connection;
  const finish = await start(connection);
  await finish();
  for (let n = 0; n < STREAMS; n++) assert.equal((await remote.served()).bytes, BYTES);
  // This exchange comes after all other bytes of ours. A peer that hangs up with unread bytes resets the connection.
  await ask(session, 1, 1);
  await remote.end();
  const { localError, remoteError, remoteDebug } = await session.closed;
  assert.equal(remoteError, undefined);
  assert.equal(localError?.code, hangsUpSilently(cell.peer) ? "PEER_EOF" : undefined);
  assert.equal(Buffer.from(remoteDebug).toString(), cell.peer.library === "go" ? "no error" : "");
}

async function theyEndWithCode(cell: Cell): Promise<void> {
  const { session, remote } = await cell.connect({ session: { goAwayTimeout: 300 } });
  await remote.goAway(2);
  const { localError, remoteError } = await session.closed;
  assert.equal(localError, undefined);
  assert.equal(remoteError?.code, "INTERNAL_ERROR");
}

async function weGoAway(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  const { session, remote } = connection;
  const ours = await pair(connection, "us");
  const theirs = await pair(connection, "peer");
  session.goAway("NO_ERROR", cell.peer.wire === "muxado" ? "no more" : "");
  for (const { stream, there } of [ours, theirs]) {
    const [got] = await Promise.all([there.receive(), sendAll(stream, BYTES, 1)]);
    assert.deepEqual(got, digestOf(BYTES, 1));
    const reply = receive(stream);
    await there.write({ bytes: BYTES, seed: 2 });
    await there.closeWrite();
    assert.deepEqual(await reply, digestOf(BYTES, 2));
  }
  await assert.rejects(remote.open(), ({ code, message }: PeerError) =>
    cell.peer.wire === "muxado"
      ? code === REMOTE_GONE_AWAY
      : /not accepting connections/.test(message),
  );
  await remote.serve();
  await ask(session, BYTES, 3);
}

async function theyGoAway(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  const { session, remote } = connection;
  const { stream, there } = await pair(connection, "us");
  await remote.goAway(0, "no more");
  const [got] = await Promise.all([there.receive(), sendAll(stream, BYTES, 1)]);
  assert.deepEqual(got, digestOf(BYTES, 1));
  assert.throws(() => session.open(), { code: "REMOTE_GONE_AWAY", retry: "safe" });
  // The peer may still open streams.
  serve(session);
  assert.deepEqual(await remote.ask({ count: 1, bytes: BYTES, seed: 1 }), { right: 1, wrong: [] });
  await there.closeWrite();
  assert.equal(await stream.read(), null);
  await remote.end();
  assert.equal((await session.closed).localError, undefined);
}

async function theySayWhy(cell: Cell): Promise<void> {
  // Neither library hangs up by itself (R5).
  const { session, remote } = await cell.connect({ session: { goAwayTimeout: 300 } });
  await remote.goAway(2, "out of order, as of today");
  const { localError, remoteError, remoteDebug } = await session.closed;
  assert.equal(localError, undefined);
  assert.equal(remoteError?.code, "INTERNAL_ERROR");
  // Rust declares 8 bytes too few (R4).
  const text = cell.peer.library === "go" ? "out of order, as of today" : "out of order, as ";
  assert.equal(Buffer.from(remoteDebug).toString(), text);
}
