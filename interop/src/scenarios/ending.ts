// Sudden ends: every operation that waits must settle, on both sides.

import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { MuxadoError } from "@muxado/core";
import { INITIAL_WINDOW } from "@muxado/frame";
import { type Cell, type Connection, until, within } from "../cell.ts";
import { ask, serve } from "../local-stream.ts";
import { openers, pair } from "../pair.ts";
import { hangsUpSilently } from "../peers.ts";
import { Pending } from "../pending.ts";
import { Proxy } from "../proxy.ts";
import type { Scenario } from "../scenario.ts";

const MUCH = 64 * 1024 * 1024;
const SETTLE_TIMEOUT = 3_000;

export const endings: readonly Scenario[] = [
  { name: "they close in the middle", run: theyClose },
  { name: "they are killed in the middle", run: theyAreKilled },
  { name: "we destroy in the middle", run: weDestroy },
  { name: "the connection is cut in the middle", run: connectionIsCut },
  { name: "they are stopped for a while", run: theyAreStopped },
];

/**
 * Starts our operations that wait when the end comes: a read, a write without credit, a half-close behind it, an
 * accept.
 */
async function occupy(connection: Connection): Promise<Pending> {
  const { session } = connection;
  const pending = new Pending();
  for (const opener of openers) {
    const { stream } = await pair(connection, opener);
    pending.watch(`a read, opened by ${opener}`, stream.read());
    pending.watch(`a write, opened by ${opener}`, stream.write(new Uint8Array(MUCH)));
    pending.watch(`a half-close, opened by ${opener}`, stream.closeWrite());
  }
  pending.watch("an accept", session.accept());
  pending.watch("the end", session.closed);
  await until(() => session.stats().bytesSent > 2 * INITIAL_WINDOW);
  // This stream comes after all the other bytes. If the peer hung up with unread bytes, TCP would reset the connection.
  await pair(connection, "us");
  return pending;
}

/**
 * Checks the result of each operation. A read may end cleanly, if the peer's streams were closed before its session.
 */
async function checkSettled(pending: Pending, { session }: Connection): Promise<void> {
  const results = await pending.settled();
  for (const [name, result] of results) {
    if (name === "the end" || result === null) continue;
    assert.ok(MuxadoError.is(result), `${name} settled without an error`);
    assert.equal(result.scope, "session", name);
  }
  assert.throws(() => session.open(), MuxadoError);
  assert.equal(session.stats().openStreams, 0);
}

async function theyClose(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  const pending = await occupy(connection);
  await connection.remote.end();
  await checkSettled(pending, connection);
  const { localError } = await connection.session.closed;
  assert.equal(localError?.code, hangsUpSilently(cell.peer) ? "PEER_EOF" : undefined);
}

async function theyAreKilled(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  const { session, remote } = connection;
  const pending = await occupy(connection);
  await startTransfers(connection, pending);
  remote.process.signal("SIGKILL");
  await checkSettled(pending, connection);
  const { localError } = await session.closed;
  // If the process had unread bytes, the system resets the connection.
  assert.match(localError!.code, /^(PEER_EOF|TRANSPORT_FAILED)$/);
  assert.equal(localError!.origin, "remote");
}

/** Starts transfers of 64 MiB in both directions. They will not complete. */
async function startTransfers({ session, remote }: Connection, pending: Pending): Promise<void> {
  const stream = session.open();
  pending.watch("a transfer to them", stream.write(new Uint8Array(MUCH)));
  const there = await remote.accept();
  there.receive().catch(ignore);
  there.write({ bytes: MUCH, seed: 1 }).catch(ignore);
  const reading = (async () => {
    for await (const _ of stream);
  })();
  pending.watch("a transfer from them", reading);
  const before = session.stats();
  await until(() => session.stats().bytesReceived - before.bytesReceived > 1_000_000);
}

async function weDestroy(cell: Cell): Promise<void> {
  // Rust does not hang up (R5).
  const connection = await cell.connect({ session: { lingerTimeout: 200 } });
  const { session } = connection;
  const theirs = await occupyThere(connection);
  const pending = await occupy(connection);
  session.destroy(new Error("enough"));
  await checkSettled(pending, connection);
  assert.equal((await session.closed).localError?.code, "SESSION_CLOSED");
  await within(SETTLE_TIMEOUT, Promise.all(theirs), "the peer's operations");
}

async function connectionIsCut(cell: Cell): Promise<void> {
  const proxy = new Proxy();
  const connection = await cell.connect({ proxy });
  const theirs = await occupyThere(connection);
  const pending = await occupy(connection);
  proxy.end();
  await checkSettled(pending, connection);
  assert.match((await connection.session.closed).localError!.code, /^(PEER_EOF|TRANSPORT_FAILED)$/);
  await within(SETTLE_TIMEOUT, Promise.all(theirs), "the peer's operations");
}

/**
 * Does the same at the peer's end: a read, and a write without credit. Each has a stream of its own, because of R20.
 */
async function occupyThere(connection: Connection): Promise<Promise<unknown>[]> {
  const reading = await pair(connection, "peer");
  const writing = await pair(connection, "peer");
  return [reading.there.receive(), writing.there.write({ bytes: MUCH, seed: 1 })];
}

async function theyAreStopped(cell: Cell): Promise<void> {
  const { session, remote } = await cell.connect();
  await remote.serve();
  serve(session);
  const exchanges = Promise.all([
    ask(session, MUCH / 4, 1),
    remote.ask({ count: 1, bytes: MUCH / 4, seed: 2 }),
  ]);
  await until(() => session.stats().bytesReceived > 1_000_000);
  await remote.process.stop();
  let { bytesReceived } = session.stats();
  for (let before = -1; before !== bytesReceived; ) {
    before = bytesReceived;
    await sleep(200);
    ({ bytesReceived } = session.stats());
  }
  assert.ok(bytesReceived < MUCH / 2, "it stands still in the middle");
  remote.process.signal("SIGCONT");
  const [, answers] = await exchanges;
  assert.deepEqual(answers, { right: 1, wrong: [] });
}

function ignore(): void {}
