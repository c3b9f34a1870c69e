// Windows of yamux beyond the 256 KiB that both ends assume. Either side announces them, or they grow by use.

import { strict as assert } from "node:assert";
import type { TracedFrame } from "@muxado/core";
import { INITIAL_WINDOW } from "@muxado/yamux";
import { type Cell, stillWaits, until } from "../cell.ts";
import { receive, sendAll } from "../local-stream.ts";
import { openers, pair } from "../pair.ts";
import { digestOf } from "../payload.ts";
import { Proxy } from "../proxy.ts";
import type { Scenario } from "../scenario.ts";

const WINDOW = 1024 * 1024;
const MORE = 2 * WINDOW;
const MUCH = 16 * 1024 * 1024;

/** Milliseconds in each direction. On a loopback connection without delay, a larger window gains nothing. */
const DELAY = 20;

export const yamuxWindows: readonly Scenario[] = [
  { name: "they announce a window of 1 MiB", only: ["yamux-go"], run: theyAnnounce },
  { name: "we announce a window of 1 MiB", run: weAnnounce },
  { name: "their window grows", only: ["yamux-rust", "yamux-js"], run: theirsGrows },
  { name: "our window grows", run: oursGrows },
];

/** Go announces MaxStreamWindowSize: with SYN on its streams, with ACK on ours. */
async function theyAnnounce(cell: Cell): Promise<void> {
  const connection = await cell.connect({ peer: { window: WINDOW } });
  const { session } = connection;
  for (const opener of openers) {
    const { stream, there } = await pair(connection, opener);
    const before = session.stats().bytesSent;
    const sending = sendAll(stream, MORE, 1);
    await until(() => session.stats().bytesSent - before >= WINDOW);
    await stillWaits(sending);
    assert.ok(session.stats().bytesSent - before < WINDOW + 65_536, "no more than the window");
    assert.deepEqual(await there.receive(), digestOf(MORE, 1));
    await there.closeWrite();
  }
}

async function weAnnounce(cell: Cell): Promise<void> {
  const connection = await cell.connect({ session: { windowSize: WINDOW } });
  const { session } = connection;
  for (const opener of openers) {
    const { stream, there } = await pair(connection, opener);
    const before = session.stats().bytesReceived;
    const writing = there.write({ bytes: MORE, seed: 1 }).then(() => there.closeWrite());
    await until(() => session.stats().bytesReceived - before >= WINDOW - 1);
    await stillWaits(writing);
    assert.ok(session.stats().bytesReceived - before < WINDOW + 65_536, "no more than the window");
    assert.deepEqual(await receive(stream), digestOf(MORE, 1));
    await stream.closeWrite();
  }
}

/** Both libraries measure the round trip: Rust by itself, JavaScript with its keep-alive. */
async function theirsGrows(cell: Cell): Promise<void> {
  const credit = watchCredit("in");
  const connection = await cell.connect({
    proxy: new Proxy({ delay: DELAY }),
    session: { trace: credit.trace },
    peer: { keepAlive: 60_000 },
  });
  const { stream, there } = await pair(connection, "us");
  const [got] = await Promise.all([there.receive(), sendAll(stream, MUCH, 1)]);
  assert.deepEqual(got, digestOf(MUCH, 1));
  assert.ok(credit.most > 2 * INITIAL_WINDOW, `their window was ${credit.most} bytes at the most`);
}

async function oursGrows(cell: Cell): Promise<void> {
  const credit = watchCredit("out");
  const connection = await cell.connect({
    proxy: new Proxy({ delay: DELAY }),
    session: { trace: credit.trace },
  });
  const { stream, there } = await pair(connection, "us");
  const [got] = await Promise.all([
    receive(stream),
    there.write({ bytes: MUCH, seed: 2 }).then(() => there.closeWrite()),
  ]);
  assert.deepEqual(got, digestOf(MUCH, 2));
  assert.ok(credit.most > 2 * INITIAL_WINDOW, `our window was ${credit.most} bytes at the most`);
}

/** Watches the most credit that was outstanding from increments in this direction. */
function watchCredit(direction: TracedFrame["direction"]): {
  readonly trace: (frame: TracedFrame) => void;
  most: number;
} {
  let credit = INITIAL_WINDOW;
  const watched = {
    most: 0,
    trace(frame: TracedFrame): void {
      if (frame.kind === "increment" && frame.direction === direction) credit += frame.increment;
      if (frame.kind === "data" && frame.direction !== direction) credit -= frame.length;
      watched.most = Math.max(watched.most, credit);
    },
  };
  return watched;
}
