// One direction ends, and the other goes on.

import { strict as assert } from "node:assert";
import type { Cell } from "../cell.ts";
import { receive, sendAll } from "../local-stream.ts";
import { openers, pair } from "../pair.ts";
import { digestOf } from "../payload.ts";
import type { Scenario } from "../scenario.ts";

const SHORT = 1_000;
/** More than a window, so that the open direction still needs credit. */
const LONG = 600_000;

export const halfCloses: readonly Scenario[] = [
  { name: "half-close by us first", run: byUsFirst },
  { name: "half-close by them first", run: byThemFirst },
  { name: "reply only after the whole request", run: replyAfterRequest },
];

async function byUsFirst(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  for (const opener of openers) {
    const { stream, there } = await pair(connection, opener);
    await sendAll(stream, SHORT, 1);
    assert.deepEqual(await there.receive(), digestOf(SHORT, 1));
    const [got, sent] = await Promise.all([
      receive(stream),
      there.write({ bytes: LONG, seed: 2 }).then(async (digest) => {
        await there.closeWrite();
        return digest;
      }),
    ]);
    assert.deepEqual(sent, digestOf(LONG, 2));
    assert.deepEqual(got, sent);
  }
  assert.equal(connection.session.stats().openStreams, 0);
}

async function byThemFirst(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  for (const opener of openers) {
    const { stream, there } = await pair(connection, opener);
    await there.write({ bytes: SHORT, seed: 1 });
    await there.closeWrite();
    assert.deepEqual(await receive(stream), digestOf(SHORT, 1));
    const [got, sent] = await Promise.all([there.receive(), sendAll(stream, LONG, 2)]);
    assert.deepEqual(sent, digestOf(LONG, 2));
    assert.deepEqual(got, sent);
  }
  assert.equal(connection.session.stats().openStreams, 0);
}

async function replyAfterRequest(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  for (const opener of openers) {
    const { stream, there } = await pair(connection, opener);
    const [request] = await Promise.all([there.receive(), sendAll(stream, LONG, 3)]);
    assert.deepEqual(request, digestOf(LONG, 3));
    // By the time the reply begins, the other end has half-closed long ago.
    const reply = receive(stream);
    await there.write({ bytes: LONG, seed: 4 });
    await there.closeWrite();
    assert.deepEqual(await reply, digestOf(LONG, 4));
  }
}
