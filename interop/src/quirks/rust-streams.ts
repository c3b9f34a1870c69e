// What Rust does in its own way with single streams.

import { strict as assert } from "node:assert";
import { type Cell, stillWaits } from "../cell.ts";
import { data, rst, wndinc } from "../raw-frames.ts";
import type { Quirk } from "../scenario.ts";
import { checkReads, checkReadsNothing, idHex, opened } from "./probe.ts";

const WINDOW = 262_144;

export const rustStreams: readonly Quirk[] = [
  {
    id: "R1",
    library: "rust",
    does: "does not tell a reader that waits, or a writer that waits for credit, of an RST",
    shown: "RST(6) while a read waits, and while a write does: both go on waiting",
    ours: "nothing can be done about it; our end of it: we reset …",
    run: deafToRst,
  },
  {
    id: "R2",
    library: "rust",
    does: "takes no notice of RST(0) when writing",
    shown: "RST(0); the next write succeeds, and its DATA comes",
    ours: "by construction: a reset code of 0 is a RangeError",
    run: rstZero,
  },
  {
    id: "R8",
    library: "rust",
    does: "heeds SYN and FIN on every type of frame",
    shown: "WNDINC with SYN is accepted as a stream; after WNDINC with FIN, DATA draws RST(4)",
    ours: "by construction: zero flags on all but DATA",
    run: flagsOnIncrement,
  },
  {
    id: "R9",
    library: "rust",
    does: "does not check parity; panics later after a second SYN",
    shown:
      "SYN on an id of its own parity: accepted. The same SYN twice, both streams dropped: a panic",
    ours: "by construction: an id is never used again",
    run: parityAndSecondSyn,
  },
  {
    id: "R12",
    library: "rust",
    does: "sends FIN without SYN for a stream that was opened and dropped",
    shown: "open, drop",
    ours: "they open and close at once",
    run: finWithoutSyn,
  },
  {
    id: "R13",
    library: "rust",
    does: "limits its outbound window to its own maximum: credit beyond is lost",
    shown:
      "WNDINC of 1 000 000 on a full window, then a long write: 262 144 bytes come while a read waits, 524 288 otherwise, because the increment is looked at later",
    ours: "credit in steps of 128 KiB: 64 MiB to a slow reader here",
    run: lostCredit,
  },
  {
    id: "R14",
    library: "rust",
    does: "sends one RST(4) for each late DATA frame",
    shown: "drop there; DATA twice: two RSTs",
    ours: "they refuse a burst on a closed stream",
    run: rstForEach,
  },
  {
    id: "R15",
    library: "rust",
    does: "counts its inbound queue in frames: empty DATA costs room but no credit",
    shown:
      "262 200 empty DATA frames on a stream that nobody reads: it reads nothing more of any stream",
    ours: "by construction: no empty DATA without a flag",
    run: emptyFrames,
  },
  {
    id: "R16",
    library: "rust",
    does: "buffers a whole frame before it delivers any of it",
    shown: "a header of 1 000 bytes with 500 of them: no read; with the rest: a read of 1 000",
    ours: "by construction: bodies of at most 64 KiB",
    run: wholeFrames,
  },
  {
    id: "R20",
    library: "rust",
    does: "wakes only one of a reader and a writer that both wait on one stream when the session ends",
    shown:
      "a write without credit and a read on one stream; cut the connection: one of them goes on waiting",
    ours: "nothing can be done about it",
    run: oneOfTwo,
  },
];

async function deafToRst(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const reader = await opened(probe, cell.id(0));
  const writer = await opened(probe, cell.id(1));
  const reading = reader.receive();
  const writing = writer.write({ bytes: 2 * WINDOW, seed: 1 });
  await receiveBytes(probe.raw, cell.id(1), WINDOW);
  probe.raw.send(rst(cell.id(0), 6), rst(cell.id(1), 6));
  await stillWaits(Promise.race([reading, writing]));
  // It has read them all right.
  await checkReads(probe, cell.id(2));
}

/** Takes DATA of a stream until so many bytes have come. */
async function receiveBytes(
  raw: { nextData: (id: number) => Promise<{ body: Uint8Array }> },
  id: number,
  length: number,
): Promise<void> {
  for (let left = length; left > 0; ) left -= (await raw.nextData(id)).body.length;
}

async function rstZero(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const there = await opened(probe, cell.id(0));
  probe.raw.send(rst(cell.id(0), 0));
  await checkReads(probe, cell.id(1));
  assert.equal((await there.write({ hex: "aa" })).end, "clean");
  assert.deepEqual(
    await probe.raw.nextData(cell.id(0)),
    data(cell.id(0), "", new Uint8Array([0xaa])),
  );
}

async function flagsOnIncrement(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  raw.sendHex(`00000422 ${idHex(cell.id(0))} 00000001`);
  await remote.accept();
  raw.sendHex(`00000421 ${idHex(cell.id(0))} 00000001`);
  raw.send(data(cell.id(0), "", "after FIN"));
  assert.equal(await raw.nextRst(cell.id(0)), 4);
}

async function parityAndSecondSyn(cell: Cell): Promise<void> {
  const foreign = await cell.connectRaw();
  const there = await opened(foreign, cell.theirId(5), "ours?");
  assert.equal((await there.read()).hex, Buffer.from("ours?").toString("hex"));

  const probe = await cell.connectRaw();
  const twice = [await opened(probe, cell.id(0)), await opened(probe, cell.id(0))];
  for (const stream of twice) await stream.close();
  await stillWaits(probe.raw.nextRst(cell.id(0)));
  assert.match(probe.remote.process.stderr, /panicked/);
}

async function finWithoutSyn(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  await (await remote.open()).close();
  assert.deepEqual(await raw.nextData(cell.theirId(0)), data(cell.theirId(0), "FIN"));
}

async function lostCredit(cell: Cell): Promise<void> {
  for (const [reads, comes] of [
    [true, WINDOW],
    [false, 2 * WINDOW],
  ] as const) {
    const probe = await cell.connectRaw();
    const there = await opened(probe, cell.id(0));
    // Ends with the process.
    if (reads) there.receive().catch(() => undefined);
    probe.raw.send(wndinc(cell.id(0), 1_000_000));
    await checkReads(probe, cell.id(1));
    const writing = there.write({ bytes: 1_000_000, seed: 1 });
    await receiveBytes(probe.raw, cell.id(0), comes);
    await stillWaits(Promise.race([writing, probe.raw.nextData(cell.id(0))]));
  }
}

async function rstForEach(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  await (await opened(probe, cell.id(0))).close();
  assert.deepEqual(await probe.raw.nextData(cell.id(0)), data(cell.id(0), "FIN"));
  for (const body of ["late", "later"]) {
    probe.raw.send(data(cell.id(0), "", body));
    assert.equal(await probe.raw.nextRst(cell.id(0)), 4);
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

async function oneOfTwo(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const there = await opened(probe, cell.id(0));
  const waiting = [there.write({ bytes: 2 * WINDOW, seed: 1 }), there.receive()];
  await receiveBytes(probe.raw, cell.id(0), WINDOW);
  probe.raw.destroy();
  await Promise.race(waiting);
  await stillWaits(Promise.all(waiting));
}
