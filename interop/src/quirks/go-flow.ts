// Quirks of Go: credit.

import { strict as assert } from "node:assert";
import type { Cell } from "../cell.ts";
import { codeOf } from "../local-stream.ts";
import { data, increment } from "../raw-frames.ts";
import type { Quirk } from "../scenario.ts";
import { checkReads, opened } from "./probe.ts";

const WINDOW = 262_144;

export const goFlow: readonly Quirk[] = [
  {
    id: "G15",
    library: "go",
    does: "on an overrun buffers the whole frame, sends RST(3), and lets its application read on",
    shown: "262 145 bytes unread: RST(3); the application reads 262 145 bytes and sends WNDINC",
    mark: "tested",
    ours: "we go beyond their window",
    run: overrun,
  },
  {
    id: "G16",
    library: "go",
    does: "sends frames as long as its credit, and takes credit without limit",
    shown:
      "a write of 262 144 bytes: one frame; after WNDINC of 20 MiB: a frame of 16 777 215 bytes",
    mark: "tested",
    ours: "they write a whole window at once",
    run: longFrames,
  },
  {
    id: "G18",
    library: "go",
    does: "sends a WNDINC for every read",
    shown: "5 bytes read one by one: five WNDINCs of 1",
    mark: "tested",
    ours: "they read byte by byte",
    run: incrementForEachRead,
  },
  {
    id: "G28",
    library: "go",
    does: "since 2.0.2, heeds FIN on a frame that it refuses: its reader sees a clean end",
    shown: "an overrun by a frame with FIN: RST(3), and the application reads to a clean end",
    mark: "by construction",
    ours: "nothing is sent beyond the credit",
    run: finOfRefusedFrame,
    older: {
      does: "takes no notice of FIN on a frame that it refuses",
      shown: "an overrun by a frame with FIN: RST(3), and the application's read fails with code 3",
      run: finOfRefusedFrameBefore,
    },
  },
];

async function overrun(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  const there = await opened(probe, id);
  probe.raw.send(data(id, "", new Uint8Array(WINDOW + 1)));
  assert.equal(await probe.raw.nextReset(id), 3);
  const { bytes, end } = await there.receive();
  assert.equal(bytes, WINDOW + 1);
  assert.equal(codeOf(end), 3);
  await probe.raw.next((frame) => frame.type === "increment" && frame.streamId === id);
}

async function longFrames(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  const there = await opened(probe, id);
  await there.write({ bytes: WINDOW, seed: 1, piece: WINDOW });
  assert.equal((await probe.raw.nextData(id)).body.length, WINDOW);
  const much = 20 * 1024 * 1024;
  probe.raw.send(increment(id, much));
  await there.write({ bytes: much, seed: 1, piece: much });
  assert.equal((await probe.raw.nextData(id)).body.length, 0xffffff);
}

async function incrementForEachRead(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  const there = await opened(probe, id, "12345");
  for (let read = 0; read < 5; read++) await there.read(1);
  for (let read = 0; read < 5; read++) {
    assert.deepEqual(await probe.raw.next(({ type }) => type === "increment"), increment(id, 1));
  }
}

async function finOfRefusedFrame(cell: Cell): Promise<void> {
  assert.equal(await endOfOverrunWithFin(cell), "clean");
}

async function endOfOverrunWithFin(cell: Cell): Promise<unknown> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  const there = await opened(probe, id);
  probe.raw.send(data(id, "FIN", new Uint8Array(WINDOW + 1)));
  assert.equal(await probe.raw.nextReset(id), 3);
  // The peer acts on the FIN only after it has written the RST.
  await checkReads(probe, cell.id(1));
  return (await there.receive()).end;
}

async function finOfRefusedFrameBefore(cell: Cell): Promise<void> {
  assert.equal(codeOf((await endOfOverrunWithFin(cell)) as never), 3);
}
