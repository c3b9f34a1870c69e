// Quirks of Rust: types and heartbeats.

import { strict as assert } from "node:assert";
import { type Cell, stillWaits } from "../cell.ts";
import type { PeerError } from "../peer-process.ts";
import { data, reset } from "../raw-frames.ts";
import type { Quirk } from "../scenario.ts";

const WINDOW = 262_144;
const HEARTBEAT = new Uint8Array([0xff, 0xff, 0xff, 0xff]);

export const rustTyped: readonly Quirk[] = [
  {
    id: "R18",
    library: "rust",
    does: "reads the types of new streams one after the other: an RST before the type stops that, a FIN makes it fail",
    shown:
      "SYN and FIN without a type: the accept fails; SYN and RST: it waits, also when a typed stream follows",
    mark: "tested",
    ours: "type and SYN in one frame: 1 000 types each way",
    run: serialTypes,
  },
  {
    id: "R19",
    library: "rust",
    does: "does not notice the end of a heartbeat stream: its responder floods it with zeros",
    shown: "a beat, its echo, FIN: 65 535 frames of 4 zero bytes",
    mark: "tested",
    ours: "RST(6), not FIN: we stop our heartbeat",
    run: flood,
  },
  {
    id: "R22",
    library: "rust",
    does: "sends no heartbeat before the last one was echoed; reports it missing again and again, and goes on after a late echo",
    shown:
      "no echo: three failures are reported and no second beat comes; then the echo: a success, and the next beat",
    mark: "tested",
    ours: "every beat is echoed: heartbeats each way",
    run: waitsForEcho,
  },
];

async function serialTypes(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw({ typed: true });
  raw.send(data(cell.id(0), "SYN"), data(cell.id(0), "FIN"));
  await assert.rejects(remote.accept(), ({ code }: PeerError) => code === 4);
  raw.send(data(cell.id(1), "SYN"), reset(cell.id(1), 6));
  raw.send(data(cell.id(2), "SYN", new Uint8Array([0, 0, 0, 1])));
  await stillWaits(remote.accept());
}

async function waitsForEcho(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw({ heartbeat: { interval: 30, tolerance: 30 } });
  const id = cell.theirId(0);
  assert.deepEqual((await raw.nextData(id)).body, HEARTBEAT);
  const { body } = await raw.nextData(id);
  const next = raw.nextData(id);
  for (let missed = 0; missed < 3; missed++) assert.equal((await remote.nextBeat()).ok, false);
  await stillWaits(next, 0);
  raw.send(data(id, "", body));
  await next;
  while (!(await remote.nextBeat()).ok);
}

async function flood(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw({
    heartbeat: { interval: 60_000, tolerance: 60_000 },
  });
  await remote.serve();
  const id = cell.id(0);
  const beat = new Uint8Array([1, 2, 3, 4]);
  raw.send(data(id, "SYN", HEARTBEAT), data(id, "", beat));
  assert.deepEqual((await raw.nextData(id)).body, beat);
  raw.send(data(id, "FIN"));
  for (let left = WINDOW - 4; left > 0; ) {
    const { body } = await raw.nextData(id);
    assert.deepEqual(body, new Uint8Array(4));
    left -= body.length;
  }
}
