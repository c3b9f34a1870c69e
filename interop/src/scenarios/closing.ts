// One end closes while the other still sends. The sender learns it, and the session goes on.

import { strict as assert } from "node:assert";
import { INITIAL_WINDOW } from "@muxado/frame";
import { type Cell, type Connection, until } from "../cell.ts";
import { checkFailedThere, codeOf, receive, send } from "../local-stream.ts";
import { checkAlive, openers, pair } from "../pair.ts";
import { Proxy } from "../proxy.ts";
import type { Scenario } from "../scenario.ts";

const STREAM_CLOSED = 4;
const MUCH = 8 * 1024 * 1024;

const noAnswer = ["B7", "it sends FIN, and then neither credit nor an RST"] as const;

export const closings: readonly Scenario[] = [
  { name: "we close while they send", run: weClose },
  {
    name: "we close while they wait for credit",
    run: weCloseWithoutCredit,
    impossible: { rust: ["R1", "its writer is not told of an RST while it waits for credit"] },
  },
  { name: "they close while we send", wire: "muxado", run: theyClose },
  {
    name: "they close while we wait for credit",
    wire: "muxado",
    run: theyCloseWithoutCredit,
    impossible: { go: noAnswer, rust: noAnswer },
  },
];

async function weClose(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  for (const opener of openers) {
    const { stream, there } = await pair(connection, opener);
    // The writes are so slow that the credit lasts. Rust does not tell a writer that waits for credit of an RST (R1).
    const writing = there.write({ bytes: MUCH, seed: 1, piece: 256, pause: 1 });
    assert.ok((await stream.read())!.length > 0);
    await stream.close();
    const written = await writing;
    assert.ok(written.bytes < MUCH);
    checkFailedThere(cell.peer.wire, written.end, STREAM_CLOSED);
  }
  await checkEnded(connection);
}

async function weCloseWithoutCredit(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  const { session } = connection;
  for (const opener of openers) {
    const { stream, there } = await pair(connection, opener);
    const before = session.stats().bytesReceived;
    const writing = there.write({ bytes: MUCH, seed: 1 });
    await until(() => session.stats().bytesReceived - before > INITIAL_WINDOW);
    await stream.close();
    checkFailedThere(cell.peer.wire, (await writing).end, STREAM_CLOSED);
  }
  await checkEnded(connection);
}

/** The session lives, and has no streams left. */
async function checkEnded(connection: Connection): Promise<void> {
  await checkAlive(connection);
  await until(() => connection.session.stats().openStreams === 0);
}

async function theyClose(cell: Cell): Promise<void> {
  const proxy = new Proxy();
  const connection = await cell.connect({ proxy });
  const { session } = connection;
  for (const opener of openers) {
    const { stream, there } = await pair(connection, opener);
    // The bytes are still on their way when the peer closes. If bytes reach Rust before it has sent its FIN, we do not
    // get that FIN (R21).
    proxy.hold("us");
    const before = session.stats().bytesSent;
    const sending = send(stream, MUCH, 1, { piece: 4_096, pause: 1 });
    await until(() => session.stats().bytesSent > before);
    await there.close();
    assert.equal((await receive(stream)).end, "clean");
    proxy.release("us");
    const sent = await sending;
    assert.ok(sent.bytes < MUCH);
    assert.equal(codeOf(sent.end), STREAM_CLOSED);
    assert.equal(stream.error?.origin, "remote");
  }
  await checkAlive(connection);
}

async function theyCloseWithoutCredit(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  for (const opener of openers) {
    const { stream, there } = await pair(connection, opener);
    const sending = send(stream, MUCH, 1);
    await until(() => connection.session.stats().bytesSent > INITIAL_WINDOW);
    await there.close();
    assert.equal(codeOf((await sending).end), STREAM_CLOSED);
  }
}
