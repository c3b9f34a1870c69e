// Pings: round trips in both directions, a keep-alive that notices a silent peer, and the peer's own keep-alive.

import { strict as assert } from "node:assert";
import type { TracedFrame } from "@muxado/core";
import { type Cell, type Connection, until, within } from "../cell.ts";
import { ask } from "../local-stream.ts";
import { checkAlive } from "../pair.ts";
import { Pending } from "../pending.ts";
import { Proxy } from "../proxy.ts";
import type { Scenario } from "../scenario.ts";

/** Milliseconds that a round trip within one machine takes at most, even on a busy machine. */
const LONGEST = 60_000;

export const yamuxPings: readonly Scenario[] = [
  { name: "pings each way", run: eachWay },
  { name: "a ping while much is under way", run: amongData },
  { name: "our keep-alive, and they are there", run: theyAreThere },
  { name: "our keep-alive, and they are stopped", run: theyAreStopped },
  { name: "our keep-alive, and nothing comes through", run: nothingComes },
  { name: "their keep-alive, and we are there", only: ["yamux-go", "yamux-js"], run: weAreThere },
  { name: "their keep-alive, and nothing comes through", only: ["yamux-go"], run: weAreSilent },
];

/** Counts pings by direction. */
function countPings(): {
  readonly trace: (frame: TracedFrame) => void;
  asked: number;
  answered: number;
} {
  const pings = {
    asked: 0,
    answered: 0,
    trace: (frame: TracedFrame): void => {
      if (frame.kind !== "ping") return;
      if (frame.direction === "in" && !frame.isAnswer) pings.asked++;
      if (frame.direction === "out" && frame.isAnswer) pings.answered++;
    },
  };
  return pings;
}

async function eachWay(cell: Cell): Promise<void> {
  const pings = countPings();
  const { session, remote } = await cell.connect({ session: { trace: pings.trace } });
  for (let n = 0; n < 3; n++) checkRoundTrip(await session.ping());
  const together = await Promise.all(Array.from({ length: 10 }, () => session.ping()));
  together.forEach(checkRoundTrip);
  if (cell.peer.library === "yamux-rust") {
    // The library offers no ping, and measures the round trip by itself.
    await until(() => pings.asked > 0);
  } else {
    for (let n = 0; n < 3; n++) checkRoundTrip((await remote.ping()) / 1_000);
    assert.equal(pings.asked, 3);
  }
  assert.equal(pings.answered, pings.asked);
}

function checkRoundTrip(milliseconds: number): void {
  assert.ok(milliseconds >= 0 && milliseconds < LONGEST, `${milliseconds} ms`);
}

async function amongData(cell: Cell): Promise<void> {
  const { session, remote } = await cell.connect();
  await remote.serve();
  const asking = ask(session, 16 * 1024 * 1024, 1);
  let isDone = false;
  const finish = (): void => void (isDone = true);
  asking.then(finish, finish);
  for (; !isDone; ) checkRoundTrip(await session.ping());
  await asking;
}

async function theyAreThere(cell: Cell): Promise<void> {
  let answers = 0;
  const trace = (frame: TracedFrame): void => {
    if (frame.kind === "ping" && frame.direction === "in" && frame.isAnswer) answers++;
  };
  const connection = await cell.connect({
    session: { trace },
    yamux: { keepAlive: 30 },
  });
  await until(() => answers === 3);
  await checkAlive(connection);
}

/** The keep-alive is short. The ping timeout is long enough for a peer that must wait for a processor. */
const IMPATIENT = { keepAlive: 50, pingTimeout: 2_000 };

async function theyAreStopped(cell: Cell): Promise<void> {
  const connection = await cell.connect({ session: { lingerTimeout: 100 }, yamux: IMPATIENT });
  // The peer must have started before it is stopped: a process that is starting may be slower than the ping timeout.
  await connection.session.ping();
  connection.remote.process.signal("SIGSTOP");
  await checkTimeout(connection);
}

/** The connection stays open, and no bytes of the peer arrive. */
async function nothingComes(cell: Cell): Promise<void> {
  const proxy = new Proxy();
  const connection = await cell.connect({ proxy, yamux: IMPATIENT });
  proxy.hold("peer");
  await checkTimeout(connection);
}

async function checkTimeout({ session }: Connection): Promise<void> {
  const pending = new Pending();
  pending.watch("a read", session.open().read());
  pending.watch("an accept", session.accept());
  const { localError } = await within(LONGEST, session.closed, "the end of the session");
  assert.equal(localError?.code, "HEARTBEAT_TIMEOUT");
  assert.equal(localError.scope, "session");
  await pending.settled();
}

async function weAreThere(cell: Cell): Promise<void> {
  const pings = countPings();
  const connection = await cell.connect({
    session: { trace: pings.trace },
    peer: { keepAlive: 30, writeTimeout: 60_000 },
  });
  await until(() => pings.answered >= 5);
  await checkAlive(connection);
}

async function weAreSilent(cell: Cell): Promise<void> {
  const proxy = new Proxy();
  const { session, remote } = await cell.connect({
    proxy,
    peer: { keepAlive: 50, writeTimeout: 2_000 },
  });
  await session.ping();
  proxy.hold("us");
  assert.equal((await remote.ended()).local.text, "keepalive timeout");
  assert.equal((await session.closed).localError?.code, "PEER_EOF");
}
