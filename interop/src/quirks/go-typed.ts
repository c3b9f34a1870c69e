// Quirks of Go: types and heartbeats.

import { strict as assert } from "node:assert";
import { type Cell, stillWaits } from "../cell.ts";
import type { PeerError } from "../peer-process.ts";
import { data } from "../raw-frames.ts";
import type { Quirk } from "../scenario.ts";

export const goTyped: readonly Quirk[] = [
  {
    id: "G22",
    library: "go",
    does: "reads a type by a single read; an accept fails if the stream ends before its type",
    shown:
      "SYN with 2 bytes of it: accepted as a type with two zero bytes; FIN before it: the accept fails with EOF",
    mark: "tested",
    ours: "type and SYN in one frame: 1 000 types each way",
    run: cutType,
  },
  {
    id: "G24",
    library: "go",
    does: "after one missed beat, a late one stops its heartbeat for good",
    shown:
      "echo the first beat after the timeout, and every later one at once: one more beat, and no report",
    mark: "tested",
    ours: "no death from missing beats: @muxado/heartbeat",
    run: lateBeat,
  },
];

async function cutType(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw({ typed: true });
  raw.send(data(cell.id(0), "SYN", new Uint8Array([0xaa, 0xbb])));
  const there = await remote.accept();
  assert.equal(there.type, 0xaabb0000);
  raw.send(data(cell.id(0), "", new Uint8Array([0xcc, 0xdd])));
  assert.equal((await there.read()).hex, "ccdd");

  raw.send(data(cell.id(1), "SYN"), data(cell.id(1), "FIN"));
  await assert.rejects(remote.accept(), ({ message }: PeerError) => message === "EOF");
}

async function lateBeat(cell: Cell): Promise<void> {
  const heartbeat = { interval: 40, tolerance: 40 };
  const { raw, remote } = await cell.connectRaw({ heartbeat });
  const id = cell.theirId(0);
  assert.equal(Buffer.from((await raw.nextData(id)).body).toString("hex"), "ffffffff");
  const first = await raw.nextData(id);
  assert.equal((await remote.nextBeat()).ok, false);
  raw.send(data(id, "", first.body));
  assert.equal((await remote.nextBeat()).ok, true);
  raw.send(data(id, "", (await raw.nextData(id)).body));
  await stillWaits(Promise.race([remote.nextBeat(), raw.nextData(id)]), 300);
}
