// Behaviour of these two peers that other peers do not have. Our sessions must handle it.

import { strict as assert } from "node:assert";
import type { TracedFrame } from "@muxado/core";
import { INITIAL_WINDOW } from "@muxado/frame";
import { type Cell, until } from "../cell.ts";
import { receive, send, sendAll } from "../local-stream.ts";
import { checkAlive, openers, pair, readHex } from "../pair.ts";
import { digestOf } from "../payload.ts";
import { Proxy } from "../proxy.ts";
import type { Scenario } from "../scenario.ts";

export const oddities: readonly Scenario[] = [
  { name: "they open and close at once", wire: "muxado", run: openAndClose },
  { name: "they write on their second stream first", run: secondFirst },
  { name: "they end one direction again and again", wire: "muxado", run: endAgain },
  { name: "they read byte by byte", run: byteByByte },
  { name: "they write a whole window at once", run: wholeWindow },
  { name: "they refuse a burst on a closed stream", wire: "muxado", run: burst },
  { name: "both fill all windows before anybody reads", run: fullWindows },
];

/** Go sends one frame with SYN and FIN (G12). Rust sends a FIN alone (R12). */
async function openAndClose(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  const { session, remote } = connection;
  await (await remote.open()).close();
  if (cell.peer.library === "go") {
    const stream = await session.accept();
    assert.equal(await stream.read(), null);
    await stream.closeWrite();
  }
  await checkAlive(connection);
  assert.equal(session.stats().streamsReceived, cell.peer.library === "go" ? 1 : 0);
  assert.equal(session.stats().openStreams, 0);
}

/**
 * A peer takes the id at open, and sends SYN with the first write (G7, Y1). yamux's Go and JavaScript send SYN at once.
 */
async function secondFirst(cell: Cell): Promise<void> {
  const { session, remote } = await cell.connect();
  const [first, second] = [await remote.open(), await remote.open()];
  await second.write({ hex: "02" });
  const ours = [await session.accept()];
  await first.write({ hex: "01" });
  ours.push(await session.accept());
  const isAtOnce = ["yamux-go", "yamux-js"].includes(cell.peer.library);
  assert.deepEqual(
    ours.map(({ id }) => id),
    isAtOnce ? [cell.theirId(0), cell.theirId(1)] : [cell.theirId(1), cell.theirId(0)],
  );
  const bytes = [await readHex(ours[0]!), await readHex(ours[1]!)];
  assert.deepEqual(bytes, isAtOnce ? ["01", "02"] : ["02", "01"]);
}

/** The peer sends FIN again after the end (G11). */
async function endAgain(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  for (const opener of openers) {
    const { stream, there } = await pair(connection, opener);
    await there.closeWrite();
    assert.equal(await stream.read(), null);
    await sendAll(stream, 1_000, 1);
    assert.deepEqual(await there.receive(), digestOf(1_000, 1));
    await there.close();
    await there.close();
  }
  await checkAlive(connection);
}

/** One WNDINC for each byte (G18). */
async function byteByByte(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  const { stream, there } = await pair(connection, "us");
  const [got] = await Promise.all([there.receive({ piece: 1 }), sendAll(stream, 20_000, 1)]);
  assert.deepEqual(got, digestOf(20_000, 1));
  await checkAlive(connection);
}

/** Go sends one frame of 256 KiB (G16). */
async function wholeWindow(cell: Cell): Promise<void> {
  const { stream, there } = await pair(await cell.connect(), "us");
  await there.write({ bytes: INITIAL_WINDOW, seed: 1, piece: INITIAL_WINDOW });
  await there.closeWrite();
  assert.deepEqual(await receive(stream), digestOf(INITIAL_WINDOW, 1));
}

/** The peer sends one RST for each frame (G13, R14). */
async function burst(cell: Cell): Promise<void> {
  const frames = 500;
  let resets = 0;
  const trace = ({ kind, direction }: TracedFrame): void => {
    if (kind === "reset" && direction === "in") resets++;
  };
  const proxy = new Proxy();
  const connection = await cell.connect({ proxy, session: { trace } });
  const { stream, there } = await pair(connection, "us");
  proxy.hold("us");
  await send(stream, frames, 1, { piece: 1 });
  await there.close();
  assert.equal(await stream.read(), null);
  proxy.release("us");
  await until(() => resets === frames);
  assert.equal(stream.error?.code, "STREAM_CLOSED");
  await checkAlive(connection);
}

/** A session that stops reading while it writes would stall forever here (G21). */
async function fullWindows(cell: Cell): Promise<void> {
  const connection = await cell.connect();
  const pairs = [];
  for (let n = 0; n < 40; n++) pairs.push(await pair(connection, openers[n % 2]!));
  const bytes = INITIAL_WINDOW + 100_000;
  const writing = pairs.map(async ({ stream, there }, n) => {
    const theirs = there.write({ bytes, seed: n }).then(() => there.closeWrite());
    await Promise.all([sendAll(stream, bytes, n), theirs]);
  });
  const { session } = connection;
  await until(() => session.stats().bytesReceived > pairs.length * INITIAL_WINDOW);
  const reading = pairs.map(async ({ stream, there }, n) => {
    assert.deepEqual(await Promise.all([receive(stream), there.receive()]), [
      digestOf(bytes, n),
      digestOf(bytes, n),
    ]);
  });
  await Promise.all([...writing, ...reading]);
}
