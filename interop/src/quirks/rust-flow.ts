// Quirks of Rust: credit, and whole frames.

import { strict as assert } from "node:assert";
import { type Cell, stillWaits } from "../cell.ts";
import { data, increment } from "../raw-frames.ts";
import type { Quirk } from "../scenario.ts";
import { checkReads, checkReadsNothing, idHex, opened } from "./probe.ts";

const WINDOW = 262_144;

export const rustFlow: readonly Quirk[] = [
  {
    id: "R13",
    library: "rust",
    does: "limits its outbound window to its own maximum: credit beyond is lost",
    shown:
      "WNDINC of 1 000 000 on a full window, then a long write: 262 144 bytes come once a read has come past the increment, 524 288 otherwise, because the increment is looked at later",
    mark: "tested",
    ours: "credit in steps of 128 KiB: 64 MiB to a slow reader here",
    run: lostCredit,
  },
  {
    id: "R15",
    library: "rust",
    does: "counts its inbound queue in frames: empty DATA costs room but no credit",
    shown:
      "262 200 empty DATA frames on a stream that nobody reads: it reads nothing more of any stream",
    mark: "by construction",
    ours: "no empty DATA without a flag",
    run: emptyFrames,
  },
  {
    id: "R16",
    library: "rust",
    does: "buffers a whole frame before it delivers any of it",
    shown: "a header of 1 000 bytes with 500 of them: no read; with the rest: a read of 1 000",
    mark: "by construction",
    ours: "bodies of at most 64 KiB",
    run: wholeFrames,
  },
];

async function lostCredit(cell: Cell): Promise<void> {
  for (const [reads, comes] of [
    [true, WINDOW],
    [false, 2 * WINDOW],
  ] as const) {
    const probe = await cell.connectRaw();
    const there = await opened(probe, cell.id(0));
    probe.raw.send(increment(cell.id(0), 1_000_000));
    await checkReads(probe, cell.id(1));
    if (reads) {
      // A read that returns this byte has passed the increment.
      probe.raw.send(data(cell.id(0), "", "x"));
      await there.read();
    }
    const writing = there.write({ bytes: 1_000_000, seed: 1 });
    await probe.raw.takeBytes(cell.id(0), comes);
    await stillWaits(Promise.race([writing, probe.raw.nextData(cell.id(0))]));
  }
}

async function emptyFrames(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  await opened(probe, cell.id(0));
  await checkReads(probe, cell.id(1));
  probe.raw.sendHex(`00000010${idHex(cell.id(0))}`.repeat(262_200));
  await checkReadsNothing(probe, cell.id(1));
}

async function wholeFrames(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const there = await opened(probe, cell.id(0));
  const half = "61".repeat(500);
  probe.raw.sendHex(`0003e810 ${idHex(cell.id(0))} ${half}`);
  const reading = there.read();
  await stillWaits(reading);
  probe.raw.sendHex(half);
  assert.equal((await reading).hex.length, 2_000);
}
