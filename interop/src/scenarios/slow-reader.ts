// 64 MiB to a slow reader: the sender waits, memory does not grow, and other streams go on.

import { strict as assert } from "node:assert";
import type { Session } from "@muxado/core";
import type { Cell } from "../cell.ts";
import { ask, receive, sendAll } from "../local-stream.ts";
import { growthDuring } from "../memory.ts";
import { pair } from "../pair.ts";
import { digestOf } from "../payload.ts";
import type { Peer } from "../peers.ts";
import type { Scenario } from "../scenario.ts";

const MUCH = 64 * 1024 * 1024;
/** The reader is so slow that the windows are full most of the time. */
const PACE = { piece: 128 * 1024, pause: 1 };

/** Growth of our heap in bytes that a window, a budget and short-lived garbage explain. */
const OUR_GROWTH = 8 * 1024 * 1024;
/** Limit for a whole peer process, in bytes: a third of its memory if it kept the whole stream. */
const THEIR_PEAK = 40 * 1024 * 1024;

export const slowReaders: readonly Scenario[] = [
  { name: "64 MiB to a slow reader there", run: slowThere },
  { name: "64 MiB to a slow reader here", run: slowHere },
];

async function slowThere(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  const { session, remote } = connection;
  const { stream, there } = await pair(connection, "us");
  const reading = there.receive(PACE);
  const sending = sendAll(stream, MUCH, 1);
  await remote.serve();
  const growth = await growthDuring(Promise.all([reading, sending, chatUntil(reading, session)]));
  assert.deepEqual(await reading, digestOf(MUCH, 1));
  checkMemory(growth, cell.peer, await remote.peakMemory());
}

async function slowHere(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  const { session, remote } = connection;
  const { stream, there } = await pair(connection, "us");
  const reading = receive(stream, PACE);
  const writing = there.write({ bytes: MUCH, seed: 1 }).then(() => there.closeWrite());
  await remote.serve();
  const growth = await growthDuring(Promise.all([reading, writing, chatUntil(reading, session)]));
  assert.deepEqual(await reading, digestOf(MUCH, 1));
  checkMemory(growth, cell.peer, await remote.peakMemory());
}

/** Small exchanges on the same session. The slow stream must not delay them. */
async function chatUntil(done: Promise<unknown>, session: Session): Promise<void> {
  let isDone = false;
  const finish = (): void => void (isDone = true);
  void done.then(finish, finish);
  let exchanges = 0;
  for (; !isDone; exchanges++) await ask(session, 100, 1);
  assert.ok(exchanges >= 20, `there were only ${exchanges} exchanges beside it`);
}

function checkMemory(ours: number, peer: Peer, theirs: number): void {
  assert.ok(ours < OUR_GROWTH, `our memory grew by ${ours} bytes`);
  // Node's own memory hides the bytes that a peer in JavaScript keeps.
  if (peer.library === "yamux-js") return;
  assert.ok(theirs < THEIR_PEAK, `the peer had ${theirs} bytes`);
}
