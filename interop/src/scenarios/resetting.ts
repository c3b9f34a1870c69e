// One end resets. muxado's libraries offer no reset of their own, so the tests provoke theirs: they close, and we
// continue to send. The resets of yamux's libraries have a file of their own.

import { strict as assert } from "node:assert";
import type { Stream, TracedFrame } from "@muxado/core";
import { INITIAL_WINDOW } from "@muxado/frame";
import { type Cell, until } from "../cell.ts";
import { checkFailedThere, codeOf, failureOf, receive } from "../local-stream.ts";
import { checkAlive, openers, pair } from "../pair.ts";
import type { Wire } from "../peers.ts";
import { digestOf } from "../payload.ts";
import type { RemoteStream } from "../remote-stream.ts";
import type { Scenario } from "../scenario.ts";

const STREAM_CLOSED = 4;
const STREAM_CANCELLED = 6;
const SOME = 50_000;
const MUCH = 8 * 1024 * 1024;

const noReader = ["R1", "its reader is not told of an RST"] as const;
const noWriter = ["R1", "its writer is not told of an RST while it waits for credit"] as const;

export const resets: readonly Scenario[] = [
  {
    name: "we reset before data: their reader",
    run: (cell) => forEachOpener(cell, readerAfterReset),
    impossible: {
      rust: noReader,
      "yamux-rust": ["Y4", "its reader takes an RST for the end of the stream"],
    },
  },
  {
    name: "we reset after data: their reader",
    wire: "muxado",
    run: (cell) => forEachOpener(cell, readerAfterDataAndReset),
    impossible: { rust: noReader },
  },
  {
    name: "we reset behind unread data: their reader",
    wire: "muxado",
    run: (cell) => forEachOpener(cell, readerWithUnreadData),
    impossible: { rust: noReader },
  },
  {
    name: "we reset: their writer",
    run: (cell) => forEachOpener(cell, writerAfterReset),
  },
  {
    name: "we reset: their writer that waits for credit",
    run: (cell) => forEachOpener(cell, waitingWriter),
    impossible: { rust: noWriter },
  },
  {
    name: "they reset before data",
    wire: "muxado",
    run: (cell) => forEachOpener(cell, theyResetBeforeData),
  },
  {
    name: "they reset after data",
    wire: "muxado",
    run: (cell) => forEachOpener(cell, theyResetAfterData),
  },
  {
    name: "they reset behind unread data",
    wire: "muxado",
    run: (cell) => forEachOpener(cell, theyResetUnread),
  },
];

export const unheardOf: Scenario = {
  name: "we reset a stream they have not heard of",
  run: resetUnheardOf,
};

/** Further data for a test, besides its stream. */
interface About {
  readonly wire: Wire;
  /** The ids of the streams whose FIN has arrived. */
  readonly ended: ReadonlySet<number>;
}

/** Runs `test` on a stream of each opener, on one session. The session must survive it. */
async function forEachOpener(
  cell: Cell,
  test: (stream: Stream, there: RemoteStream, about: About) => Promise<void>,
): Promise<void> {
  const ended = new Set<number>();
  const trace = (frame: TracedFrame): void => {
    if (frame.kind === "data" && frame.direction === "in" && frame.fin) ended.add(frame.streamId);
  };
  const connection = await cell.connect({ session: { trace } });
  for (const opener of openers) {
    const { stream, there } = await pair(connection, opener);
    await test(stream, there, { wire: cell.peer.wire, ended });
  }
  assert.equal(connection.session.stats().openStreams, 0);
  await checkAlive(connection);
}

async function readerAfterReset(
  stream: Stream,
  there: RemoteStream,
  { wire }: About,
): Promise<void> {
  const reading = there.receive();
  stream.reset();
  assert.equal((await reading).bytes, 0);
  checkFailedThere(wire, (await reading).end, STREAM_CANCELLED);
}

async function readerAfterDataAndReset(stream: Stream, there: RemoteStream): Promise<void> {
  await stream.write(new Uint8Array(SOME));
  let left = SOME;
  while (left > 0) left -= (await there.read()).hex.length / 2;
  const reading = there.receive();
  stream.reset("INTERNAL_ERROR");
  assert.equal(codeOf((await reading).end), 2);
}

async function readerWithUnreadData(stream: Stream, there: RemoteStream): Promise<void> {
  await stream.write(new Uint8Array(SOME));
  stream.reset();
  const { bytes, end } = await there.receive();
  assert.equal(bytes, SOME, "what came before the RST is readable");
  assert.equal(codeOf(end), STREAM_CANCELLED);
}

async function writerAfterReset(
  stream: Stream,
  there: RemoteStream,
  { wire }: About,
): Promise<void> {
  stream.reset();
  const { end } = await there.write({ bytes: SOME, seed: 1, piece: 100, pause: 1 });
  checkFailedThere(wire, end, STREAM_CANCELLED);
}

async function waitingWriter(stream: Stream, there: RemoteStream, { wire }: About): Promise<void> {
  const { session } = stream;
  const before = session.stats().bytesReceived;
  const writing = there.write({ bytes: MUCH, seed: 1 });
  await until(() => session.stats().bytesReceived - before > INITIAL_WINDOW);
  stream.reset();
  checkFailedThere(wire, (await writing).end, STREAM_CANCELLED);
}

async function resetUnheardOf(cell: Cell): Promise<void> {
  let isHeardOf = false;
  const trace = (frame: TracedFrame): void => {
    if (frame.direction === "out" && "streamId" in frame) isHeardOf = true;
  };
  const connection = await cell.connect({ session: { trace } });
  const { session } = connection;
  const stream = session.open();
  stream.reset();
  await new Promise(setImmediate);
  assert.ok(!isHeardOf);
  assert.equal(stream.error?.retry, "safe");
  await checkAlive(connection);
}

async function theyResetBeforeData(stream: Stream, there: RemoteStream): Promise<void> {
  await there.close();
  assert.equal(await stream.read(), null);
  await provoke(stream);
}

async function theyResetAfterData(stream: Stream, there: RemoteStream): Promise<void> {
  await stream.write(new Uint8Array(SOME));
  await there.read(SOME);
  await there.write({ bytes: SOME, seed: 1 });
  await there.close();
  assert.deepEqual(await receive(stream), digestOf(SOME, 1));
  await provoke(stream);
}

async function theyResetUnread(
  stream: Stream,
  there: RemoteStream,
  { ended }: About,
): Promise<void> {
  await there.write({ bytes: SOME, seed: 1 });
  await there.close();
  // If bytes reach Rust before it has sent its FIN, we do not get that FIN (R21).
  await until(() => ended.has(stream.id));
  await provoke(stream);
  assert.deepEqual(await receive(stream), digestOf(SOME, 1), "what came before the RST");
}

/** Writes until the peer's RST has arrived. */
async function provoke(stream: Stream): Promise<void> {
  const error = await failureOf(
    (async () => {
      for (;;) {
        await stream.write(new Uint8Array(10));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })(),
  );
  assert.equal(error.code, "STREAM_CLOSED");
  assert.equal(error.wireCode, STREAM_CLOSED);
  assert.equal(error.origin, "remote");
}
