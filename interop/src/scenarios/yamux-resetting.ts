// A yamux peer closes or resets a stream while we use it. Its libraries offer a reset, or one that is easily provoked.
// The closes and resets of our side are in the files of both wires.

import { strict as assert } from "node:assert";
import type { Stream } from "@muxado/core";
import { INITIAL_WINDOW } from "@muxado/yamux";
import { type Cell, until } from "../cell.ts";
import { failureOf, receive, send } from "../local-stream.ts";
import { checkAlive, openers, pair } from "../pair.ts";
import type { Library } from "../peers.ts";
import { digestOf } from "../payload.ts";
import type { RemoteStream } from "../remote-stream.ts";
import type { Scenario } from "../scenario.ts";

const MUCH = 8 * 1024 * 1024;
const SOME = 50_000;

/**
 * Go has no reset of its own. It resets a stream that it has closed, if we do not close it within this many
 * milliseconds.
 */
const CLOSE_TIMEOUT = 200;

export const yamuxResets: readonly Scenario[] = [
  {
    name: "they close while we send",
    run: each(theyClose),
    impossible: { "yamux-js": ["L21", "it goes on taking what nobody reads"] },
  },
  { name: "they reset before data", run: each(theyReset) },
  { name: "they reset behind unread data", run: each(theyResetUnread) },
  { name: "they reset while we wait for credit", run: each(theyResetWithoutCredit) },
];

type Test = (stream: Stream, there: RemoteStream, library: Library) => Promise<void>;

/** Runs `test` on a stream of each opener, on one session. The session must survive it. */
function each(test: Test): (cell: Cell) => Promise<void> {
  return async (cell) => {
    const connection = await cell.connect({ peer: { closeTimeout: CLOSE_TIMEOUT } });
    for (const opener of openers) {
      const { stream, there } = await pair(connection, opener);
      await test(stream, there, cell.peer.library);
    }
    await checkAlive(connection);
    await until(() => connection.session.stats().openStreams === 0);
  };
}

async function theyClose(stream: Stream, there: RemoteStream): Promise<void> {
  const sending = send(stream, MUCH, 1, { piece: 4_096, pause: 1 });
  await there.read();
  await there.close();
  const sent = await sending;
  assert.ok(sent.bytes < MUCH);
  checkReset(stream);
}

async function theyReset(stream: Stream, there: RemoteStream, library: Library): Promise<void> {
  await reset(there, library);
  const error = await failureOf(readToEnd(stream).then(() => writeUntilItFails(stream)));
  assert.equal(error.code, "STREAM_RESET");
  checkReset(stream);
}

async function theyResetUnread(
  stream: Stream,
  there: RemoteStream,
  library: Library,
): Promise<void> {
  await there.write({ bytes: SOME, seed: 1 });
  // A reset in Rust drops all bytes that it has not sent yet.
  if (library === "yamux-rust") await until(() => stream.session.stats().bytesReceived > SOME);
  await reset(there, library);
  await until(() => stream.error !== undefined);
  const got = await receive(stream);
  assert.equal(got.bytes, SOME, "what came before the RST is readable");
  assert.equal(got.sha256, digestOf(SOME, 1).sha256);
  checkReset(stream);
}

async function theyResetWithoutCredit(
  stream: Stream,
  there: RemoteStream,
  library: Library,
): Promise<void> {
  const sending = send(stream, MUCH, 1);
  const { session } = stream;
  const before = session.stats().bytesSent;
  await until(() => session.stats().bytesSent - before >= INITIAL_WINDOW);
  await reset(there, library);
  assert.notEqual((await sending).end, "clean");
  checkReset(stream);
}

async function reset(there: RemoteStream, library: Library): Promise<void> {
  if (library === "yamux-go") await there.close();
  else await there.reset();
}

async function readToEnd(stream: Stream): Promise<void> {
  for await (const _ of stream);
}

async function writeUntilItFails(stream: Stream): Promise<void> {
  for (;;) {
    await stream.write(new Uint8Array(10));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function checkReset({ error }: Stream): void {
  assert.equal(error?.code, "STREAM_RESET");
  assert.equal(error.origin, "remote");
}
