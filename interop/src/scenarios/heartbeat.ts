// Heartbeats, ours against the peers' own: round trips in both directions, a peer that stops, and a peer that is dead.

import { strict as assert } from "node:assert";
import { Heartbeat, type HeartbeatOptions } from "@muxado/heartbeat";
import { TypedSession } from "@muxado/typed";
import { type Cell, type Connection, until } from "../cell.ts";
import { Pending } from "../pending.ts";
import type { Scenario } from "../scenario.ts";
import { askTyped, serveTypes } from "./typed.ts";

export const heartbeats: readonly Scenario[] = [
  { name: "heartbeats each way", run: eachWay },
  { name: "a heartbeat, the peer stopped for a while", run: peerIsStopped },
  { name: "a heartbeat ends a dead session", run: peerIsDead },
  { name: "we stop our heartbeat", run: weStop },
];

/** Beats that we have made, in milliseconds, and failures. */
interface Watched extends Connection {
  readonly session: TypedSession;
  readonly heartbeat: Heartbeat;
  readonly roundTrips: number[];
  readonly failures: string[];
}

/** Connects both sides with types and a heartbeat. A Rust peer answers only while its application accepts. */
async function watch(cell: Cell, options: HeartbeatOptions, interval = 60_000): Promise<Watched> {
  const { session: untyped, remote } = await cell.connect({
    peer: { heartbeat: { interval, tolerance: 60_000 } },
  });
  const session = new TypedSession(untyped);
  const roundTrips: number[] = [];
  const failures: string[] = [];
  const heartbeat = new Heartbeat(session, {
    onBeat: (roundTrip) => roundTrips.push(roundTrip),
    onFailure: ({ code }) => failures.push(code),
    ...options,
  });
  serveTypes(session);
  await remote.serve();
  return { session, remote, heartbeat, roundTrips, failures };
}

async function eachWay(cell: Cell): Promise<void> {
  const watched = await watch(cell, { interval: 40, tolerance: 60_000 }, 30);
  const { session, remote, heartbeat, roundTrips, failures } = watched;
  for (let beat = 0; beat < 5; beat++) assert.equal((await remote.nextBeat()).ok, true);
  assert.equal((await remote.beat()).ok, true);
  await remote.setBeat(10, 60_000);
  for (let beat = 0; beat < 5; beat++) assert.equal((await remote.nextBeat()).ok, true);

  await until(() => roundTrips.length >= 5);
  heartbeat.interval = 10;
  for (let beat = 0; beat < 3; beat++) assert.ok((await heartbeat.beat()) > 0);
  await until(() => roundTrips.length >= 15);
  assert.ok(roundTrips.every((roundTrip) => roundTrip > 0));
  assert.deepEqual(failures, []);
  // One stream in each direction. The applications see neither.
  assert.equal(session.stats().openStreams, 2);
  await askTyped(session, 7);
}

async function peerIsStopped(cell: Cell): Promise<void> {
  const watched = await watch(cell, { interval: 40, tolerance: 200 });
  const { session, remote, heartbeat, roundTrips, failures } = watched;
  await until(() => roundTrips.length > 0);
  await remote.process.stop();
  const onDemand = assert.rejects(heartbeat.beat(), { code: "HEARTBEAT_TIMEOUT" });
  await until(() => failures.length >= 2);
  await onDemand;
  remote.process.signal("SIGCONT");
  const before = roundTrips.length;
  await until(() => roundTrips.length >= before + 3);
  assert.deepEqual([...new Set(failures)], ["HEARTBEAT_TIMEOUT"]);
  await askTyped(session, 7);
}

async function peerIsDead(cell: Cell): Promise<void> {
  // The tolerance is long enough for every operation to be waiting by then.
  const watched = await watch(cell, { interval: 40, tolerance: 3_000, endDeadSession: true });
  const { session, remote, heartbeat, roundTrips } = watched;
  await until(() => roundTrips.length > 0);
  await remote.process.stop();
  const pending = new Pending();
  const stream = session.open({ type: 7 });
  pending.watch("a read", stream.read());
  pending.watch("a write without credit", stream.write(new Uint8Array(16 * 1024 * 1024)));
  pending.watch("an accept", session.accept());
  pending.watch("a beat", heartbeat.beat());
  for (const [name, error] of await pending.settled()) {
    assert.equal((error as { code?: string }).code, "HEARTBEAT_TIMEOUT", name);
  }
  assert.equal((await session.closed).localError?.code, "HEARTBEAT_TIMEOUT");
}

/** Rust's responder does not notice a FIN (R19). */
async function weStop(cell: Cell): Promise<void> {
  const { session, heartbeat } = await watch(cell, {});
  await heartbeat.beat();
  heartbeat.stop();
  await askTyped(session, 7);
  const { bytesReceived } = session.stats();
  await askTyped(session, 8);
  assert.ok(session.stats().bytesReceived - bytesReceived < 1_000, "something floods us");
}
