// Quirks of both muxado libraries that this protocol or its other peers might not expect.

import { strict as assert } from "node:assert";
import type { DataFrame } from "@muxado/frame";
import { type Cell, stillWaits } from "../cell.ts";
import { data, reset } from "../raw-frames.ts";
import type { Quirk } from "../scenario.ts";
import { checkReads, idHex, opened } from "./probe.ts";

const WINDOW = 262_144;

export const both: readonly Quirk[] = [
  {
    id: "B1",
    library: "both",
    does: "assume 262 144 bytes of credit in each direction",
    shown: "a write of 300 000 bytes: 262 144 come",
    mark: "tested",
    ours: "a smaller window absorbs as much: tests of core",
    run: assumedCredit,
  },
  {
    id: "B2",
    library: "both",
    does: "ignore flag bits that have no meaning",
    shown: "DATA with SYN and both other bits: accepted",
    mark: "by construction",
    ours: "sent as zero",
    run: otherFlags,
  },
  {
    id: "B3",
    library: "both",
    does: "ignore an RST for a stream that they have never seen",
    shown: "RST on an unknown id, in both parities; the session goes on",
    mark: "tested",
    ours: "nothing is sent for a stream they have not heard of: we reset a stream …",
    run: unknownRst,
  },
  {
    id: "B4",
    library: "both",
    does: "open a heartbeat stream each; Rust sends a beat at once, Go after one interval; both answer beats only while their application accepts streams",
    shown:
      "interval of a minute: the first beat comes at once, or not. A beat: no echo before they accept",
    mark: "tested",
    ours: "one heartbeat stream each: heartbeats each way",
    run: firstBeat,
  },
  {
    id: "B5",
    library: "both",
    does: "send FIN when a stream is closed, and answer late DATA with RST(4)",
    shown: "by G13 and R14",
    mark: "tested",
    ours: "we close while they send; they close while we send",
  },
  {
    id: "B6",
    library: "both",
    does: "end sessions differently: Go with a GOAWAY, Rust, when its session is dropped, without",
    shown: "end there: GOAWAY and the end of the transport, or the end alone",
    mark: "tested",
    ours: "they close in the middle; they drain with streams in flight",
    run: differentEnds,
  },
  {
    id: "B7",
    library: "both",
    does: "tell a writer without credit nothing when the stream is closed: FIN, then neither credit nor RST",
    shown:
      "262 144 unread bytes, close there: FIN, and nothing more; an empty DATA frame draws RST(4)",
    mark: "open",
    ours: "nothing on the wire tells us: only a deadline of the application's helps",
    run: silentClose,
  },
  {
    id: "B8",
    library: "both",
    does: "take up a changed heartbeat interval late: Go after the beat that was due, Rust never",
    shown: "interval 30 ms, changed to a minute: Go sends one more beat, Rust goes on as before",
    mark: "tested",
    ours: "changed at once: @muxado/heartbeat",
    run: changedInterval,
  },
];

async function assumedCredit(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const there = await opened(probe, cell.id(0));
  const writing = there.write({ bytes: 300_000, seed: 1 });
  await probe.raw.takeBytes(cell.id(0), WINDOW);
  await stillWaits(Promise.race([writing, probe.raw.nextData(cell.id(0))]));
}

async function otherFlags(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  raw.sendHex(`0000011e ${idHex(cell.id(0))} aa`);
  assert.equal((await (await remote.accept()).read()).hex, "aa");
}

async function unknownRst(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  probe.raw.send(reset(cell.id(7), 6), reset(cell.theirId(7), 6));
  await checkReads(probe, cell.id(0));
}

async function firstBeat(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw({
    heartbeat: { interval: 60_000, tolerance: 60_000 },
  });
  const id = cell.theirId(0);
  // The peer sends the type at once, in a frame of its own.
  assert.equal((await raw.nextData(id)).body.length, 4);
  const beat = raw.nextData(id);
  if (cell.peer.library === "go") await stillWaits(beat);
  else assert.equal((await beat).body.length, 4);

  const ours = data(cell.id(0), "", "beat");
  raw.send(data(cell.id(0), "SYN", new Uint8Array(4).fill(0xff)), ours);
  const echo = raw.nextData(cell.id(0));
  await stillWaits(echo);
  await remote.serve();
  assert.deepEqual(await echo, ours);
}

async function changedInterval(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw({ heartbeat: { interval: 30, tolerance: 60_000 } });
  const id = cell.theirId(0);
  assert.equal((await raw.nextData(id)).body.length, 4);
  const echoed = async ({ body }: DataFrame): Promise<void> => {
    raw.send(data(id, "", body));
    assert.ok((await remote.nextBeat()).ok);
  };
  const first = await raw.nextData(id);
  // The peer still waits for the echo here, so the next beat is already due.
  await remote.setBeat(60_000, 60_000);
  await echoed(first);
  await echoed(await raw.nextData(id));
  if (cell.peer.library === "go") await stillWaits(raw.nextData(id));
  else for (let beat = 0; beat < 3; beat++) await echoed(await raw.nextData(id));
}

async function differentEnds(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  await remote.end();
  await raw.ended;
  const types = raw.take().map(({ type }) => type);
  assert.deepEqual(types, cell.peer.library === "go" ? ["goAway"] : []);
}

async function silentClose(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  const there = await opened(probe, id);
  for (let sent = 0; sent < WINDOW; sent += 65_536)
    probe.raw.send(data(id, "", new Uint8Array(65_536)));
  await checkReads(probe, cell.id(1));
  await there.close();
  assert.deepEqual(await probe.raw.nextData(id), data(id, "FIN"));
  await stillWaits(
    probe.raw.next(() => true),
    300,
  );
}
