// What Rust does in its own way with types and heartbeats.

import { strict as assert } from "node:assert";
import { type Cell, stillWaits } from "../cell.ts";
import type { PeerError } from "../peer-process.ts";
import { data, rst } from "../raw-frames.ts";
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
    ours: "type and SYN in one frame: 1 000 types each way",
    run: serialTypes,
  },
  {
    id: "R19",
    library: "rust",
    does: "does not notice the end of a heartbeat stream: its responder floods it with zeros",
    shown: "a beat, its echo, FIN: 65 535 frames of 4 zero bytes",
    ours: "RST(6), not FIN: heartbeats each way",
    run: flood,
  },
];

async function serialTypes(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw({ typed: true });
  raw.send(data(cell.id(0), "SYN"), data(cell.id(0), "FIN"));
  await assert.rejects(remote.accept(), ({ code }: PeerError) => code === 4);
  raw.send(data(cell.id(1), "SYN"), rst(cell.id(1), 6));
  raw.send(data(cell.id(2), "SYN", new Uint8Array([0, 0, 0, 1])));
  await stillWaits(remote.accept());
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
