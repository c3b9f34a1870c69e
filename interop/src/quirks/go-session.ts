// Quirks of Go: its transport, and invalid frames.

import { strict as assert } from "node:assert";
import { type Cell, stillWaits } from "../cell.ts";
import { data } from "../raw-frames.ts";
import type { Quirk } from "../scenario.ts";
import { checkReads, clog, idHex, opened } from "./probe.ts";

export const goSession: readonly Quirk[] = [
  {
    id: "G9",
    library: "go",
    does: "ends the session with GOAWAY(1) or (8) on wrong parity, id 0, increment 0, a wrong length",
    shown: "one such frame for each connection",
    mark: "by construction",
    ours: "judged on receipt: the vectors of frame",
    run: invalidFrames,
  },
  {
    id: "G10",
    library: "go",
    does: "takes an id with the reserved bit, and dies of it later without a GOAWAY",
    shown: "SYN on such an id: accepted; the first read there ends the connection",
    mark: "by construction",
    ours: "refused on receipt: the vectors of frame",
    run: reservedBit,
  },
  {
    id: "G20",
    library: "go",
    does: "writes header and body separately, and empty pieces besides",
    shown: "a write of 4 bytes and a half-close: writes of 8, 4, 8 and 0 bytes",
    mark: "tested",
    ours: "the recordings, byte by byte",
    run: separateWrites,
  },
  {
    id: "G21",
    library: "go",
    does: "stops reading when 64 frames wait to be written",
    shown: "nobody reads what it sends; its answers to unknown streams fill the queue; no accept",
    mark: "tested",
    ours: "both fill all windows before anybody reads",
    run: stopsReading,
  },
  {
    id: "G23",
    library: "go",
    does: "at the end of its input sends GOAWAY(15), inside a frame 0xff; on close GOAWAY(0, no error), and hangs up, without FIN or RST",
    shown: "end the transport between frames, inside a header, and by its own close",
    mark: "tested",
    ours: "they close in the middle; the connection is cut in the middle",
    run: ends,
  },
  {
    id: "G25",
    library: "go",
    does: "reads over frames of types that do not exist",
    shown: "type 4, then DATA: understood",
    mark: "by construction",
    ours: "four types are sent; others refused: the vectors of frame",
    run: unknownTypes,
  },
];

async function invalidFrames(cell: Cell): Promise<void> {
  const id = idHex(cell.id(0));
  const frames: readonly [hex: string, code: number][] = [
    [`00000012 ${idHex(cell.theirId(0))}`, 1],
    ["00000012 00000000", 1],
    ["00000400 00000000 00000006", 1],
    ["00000420 00000000 00000001", 1],
    [`00000830 ${id} 00000000 00000000`, 1],
    [`00000420 ${id} 00000000`, 1],
    [`00000500 ${id} 0000000600`, 8],
    [`00000320 ${id} 000001`, 8],
    ["00000430 00000000 00000000", 8],
  ];
  for (const [hex, code] of frames) {
    const { raw } = await cell.connectRaw();
    raw.sendHex(hex);
    assert.equal((await raw.nextGoAway()).errorCode, code, hex);
  }
}

async function reservedBit(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  const id = (cell.id(0) | 0x80000000) >>> 0;
  raw.sendHex(`00000112 ${idHex(id)} aa`);
  const there = await remote.accept();
  assert.equal(there.wireId, id);
  assert.equal((await there.read()).hex, "aa");
  await raw.ended;
  assert.deepEqual(raw.take(), []);
}

async function separateWrites(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw({ logWrites: true });
  const there = await opened(probe, cell.id(0));
  await there.write({ hex: "aabbccdd" });
  await there.closeWrite();
  assert.deepEqual(await probe.remote.writes(), [8, 4, 8, 0]);
}

async function stopsReading(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw({ logWrites: true });
  await clog(probe);
  const { raw, remote } = probe;
  // The queue has no room for its answer to the first of these frames.
  for (let n = 0; n < 3; n++) raw.send(data(cell.id(100 + n), "", "nobody's"));
  raw.send(data(cell.id(0), "SYN"));
  const accepting = remote.accept();
  await stillWaits(accepting);
  raw.resume();
  assert.equal((await accepting).wireId, cell.id(0));
}

async function ends(cell: Cell): Promise<void> {
  const between = await cell.connectRaw();
  between.raw.end();
  const eof = await between.raw.nextGoAway();
  assert.equal(eof.errorCode, 15);
  assert.equal(Buffer.from(eof.debug).toString(), "read EOF from remote peer");
  await between.raw.ended;

  const inside = await cell.connectRaw();
  inside.raw.sendHex("000004");
  inside.raw.end();
  assert.equal((await inside.raw.nextGoAway()).errorCode, 0xff);

  const probe = await cell.connectRaw();
  await opened(probe, cell.id(0));
  await probe.remote.end();
  const bye = await probe.raw.nextGoAway();
  assert.equal(bye.errorCode, 0);
  assert.equal(Buffer.from(bye.debug).toString(), "no error");
  await probe.raw.ended;
  assert.deepEqual(probe.raw.take(), []);
}

async function unknownTypes(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  probe.raw.sendHex(`00000440 ${idHex(cell.id(0))} deadbeef`);
  await checkReads(probe, cell.id(0));
}
