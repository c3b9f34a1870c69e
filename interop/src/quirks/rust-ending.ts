// Quirks of Rust: the end of streams.

import { strict as assert } from "node:assert";
import { type Cell, stillWaits } from "../cell.ts";
import { data, reset } from "../raw-frames.ts";
import type { Quirk } from "../scenario.ts";
import { checkReads, occupyWriter, opened } from "./probe.ts";

const WINDOW = 262_144;

export const rustEnding: readonly Quirk[] = [
  {
    id: "R1",
    library: "rust",
    does: "does not tell a reader that waits, or a writer that waits for credit, of an RST",
    shown: "RST(6) while a read waits, and while a write does: both go on waiting",
    mark: "open",
    ours: "our end is free at once: the scenarios 'we reset …', as far as they are possible",
    run: deafToRst,
  },
  {
    id: "R2",
    library: "rust",
    does: "takes no notice of RST(0) when writing",
    shown: "RST(0); the next write succeeds, and its DATA comes",
    mark: "by construction",
    ours: "a reset code of 0 is a RangeError",
    run: rstZero,
  },
  {
    id: "R14",
    library: "rust",
    does: "sends one RST(4) for each late DATA frame",
    shown: "drop there; DATA twice: two RSTs",
    mark: "tested",
    ours: "they refuse a burst on a closed stream",
    run: rstForEach,
  },
  {
    id: "R17",
    library: "rust",
    does: "reports the loss of the transport as a clean end of its streams",
    shown: "DATA, then cut the connection: its reader ends well",
    mark: "open",
    ours: "applications need a framing that shows them what is missing",
    run: lossIsEnd,
  },
  {
    id: "R20",
    library: "rust",
    does: "wakes only one of a reader and a writer that both wait on one stream when the session ends",
    shown:
      "a write without credit and a read on one stream; cut the connection: one of them goes on waiting",
    mark: "open",
    ours: "concerns its own applications alone",
    run: oneOfTwo,
  },
  {
    id: "R21",
    library: "rust",
    does: "sends RST(4) and no FIN for a stream that was dropped, if DATA arrives before its FIN has left",
    shown:
      "31 MB of other streams that wait to be sent; drop, DATA; then read everything: RST(4), and no FIN",
    mark: "tested",
    ours: "an RST ends our reads and writes alike: tests of core",
    run: noFin,
  },
];

async function deafToRst(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const reader = await opened(probe, cell.id(0));
  const writer = await opened(probe, cell.id(1));
  const reading = reader.receive();
  const writing = writer.write({ bytes: 2 * WINDOW, seed: 1 });
  await probe.raw.takeBytes(cell.id(1), WINDOW);
  probe.raw.send(reset(cell.id(0), 6), reset(cell.id(1), 6));
  await stillWaits(Promise.race([reading, writing]));
  // The peer has read both RSTs all the same.
  await checkReads(probe, cell.id(2));
}

async function rstZero(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const there = await opened(probe, cell.id(0));
  probe.raw.send(reset(cell.id(0), 0));
  await checkReads(probe, cell.id(1));
  assert.equal((await there.write({ hex: "aa" })).end, "clean");
  assert.deepEqual(
    await probe.raw.nextData(cell.id(0)),
    data(cell.id(0), "", new Uint8Array([0xaa])),
  );
}

async function rstForEach(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  await (await opened(probe, cell.id(0))).close();
  assert.deepEqual(await probe.raw.nextData(cell.id(0)), data(cell.id(0), "FIN"));
  for (const body of ["late", "later"]) {
    probe.raw.send(data(cell.id(0), "", body));
    assert.equal(await probe.raw.nextReset(cell.id(0)), 4);
  }
}

async function lossIsEnd(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const there = await opened(probe, cell.id(0), "half a sen");
  await checkReads(probe, cell.id(1));
  probe.raw.destroy();
  const { bytes, end } = await there.receive();
  assert.equal(bytes, 10);
  assert.equal(end, "clean");
}

async function oneOfTwo(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const there = await opened(probe, cell.id(0));
  const operations = [
    there.write({ bytes: 2 * WINDOW, seed: 1, announce: true }),
    there.receive({ announce: true }),
  ];
  await probe.raw.takeBytes(cell.id(0), WINDOW);
  // If an operation does not wait yet when the session ends, the library tells it of the end.
  await Promise.all([there.waiting("write"), there.waiting("receive")]);
  probe.raw.destroy();
  await Promise.race(operations);
  await stillWaits(Promise.all(operations));
}

/** The writer must wait, so that it handles the closed stream only after the reader has. */
async function noFin(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const { raw } = probe;
  const there = await opened(probe, cell.id(0));
  const other = await opened(probe, cell.id(1));
  await occupyWriter(probe);
  await there.close();
  raw.send(data(cell.id(0), "", "late"), data(cell.id(1), "", "read?"));
  assert.equal((await other.read()).hex, Buffer.from("read?").toString("hex"));
  raw.resume();
  const fin = raw.nextData(cell.id(0));
  assert.equal(await raw.nextReset(cell.id(0)), 4);
  await stillWaits(fin);
}
