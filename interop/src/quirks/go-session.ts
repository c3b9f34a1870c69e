// What Go does in its own way with its session and its frames.

import { strict as assert } from "node:assert";
import { type Cell, stillWaits, within } from "../cell.ts";
import { ask, codeOf } from "../local-stream.ts";
import { data, goaway } from "../raw-frames.ts";
import type { Quirk } from "../scenario.ts";
import { checkReads, checkReadsNothing, clog, idHex, opened } from "./probe.ts";

const PADDING = "00000011 7fffffff";
const MEBIBYTE = 1024 * 1024;

export const goSession: readonly Quirk[] = [
  {
    id: "G2",
    library: "go",
    does: "after its own GOAWAY refuses a SYN without reading its body off",
    shown:
      "SYN with 8 zero bytes: RST(5), then GOAWAY(8), because they were read as an RST of length 0",
    ours: "no SYN after a GOAWAY: they say GOAWAY and go on",
    run: bodyOfRefusedSyn,
  },
  {
    id: "G3",
    library: "go",
    does: "until 2.0.1, read 8 bytes too many after a GOAWAY; 2.0.2 reads what it should",
    shown: "GOAWAY, then DATA, with and without the padding frame: both are understood",
    ours: "the padding frame: we say GOAWAY and go on, also with 2.0.1",
    run: afterGoaway,
    older: {
      does: "reads 8 bytes too many after a GOAWAY",
      shown: "GOAWAY, then DATA: not understood; with the padding frame between them: understood",
      run: swallowsEightBytes,
    },
  },
  {
    id: "G4",
    library: "go",
    does: "does not discard debug data beyond 1 MiB",
    shown: "GOAWAY with 1 MiB of it and 8 zero bytes more: GOAWAY(8), they were read as a frame",
    ours: "by construction: a debug text has at most 1 024 bytes",
    run: longDebugData,
  },
  {
    id: "G6",
    library: "go",
    does: "gives the last stream id that it has seen, which need not be the highest",
    shown: "SYNs on the third id and then on the first; its GOAWAY has the first",
    ours: "an answer weighs more than the id: tests of core; their GOAWAY crosses our stream",
    run: lastSeen,
  },
  {
    id: "G9",
    library: "go",
    does: "ends the session with GOAWAY(1) or (8) on wrong parity, id 0, increment 0, a wrong length",
    shown: "one such frame for each connection",
    ours: "by construction, and judged on receipt: the vectors of frame",
    run: invalidFrames,
  },
  {
    id: "G10",
    library: "go",
    does: "takes an id with the reserved bit, and dies of it later without a GOAWAY",
    shown: "SYN on such an id: accepted; the first read there ends the connection",
    ours: "by construction, and refused on receipt: the vectors of frame",
    run: reservedBit,
  },
  {
    id: "G19",
    library: "go",
    does: "can send DATA without SYN",
    shown: "a first write that times out because the transport is stuck; the next has no SYN",
    ours: "RST(4) for DATA on an unknown stream: tests of core",
    run: lostSyn,
  },
  {
    id: "G20",
    library: "go",
    does: "writes header and body separately, and empty pieces besides",
    shown: "a write of 4 bytes and a half-close: writes of 8, 4, 8 and 0 bytes",
    ours: "the recordings, byte by byte",
    run: separateWrites,
  },
  {
    id: "G21",
    library: "go",
    does: "stops reading when 64 frames wait to be written",
    shown: "nobody reads what it sends; its answers to unknown streams fill the queue; no accept",
    ours: "both fill all windows before anybody reads",
    run: stopsReading,
  },
  {
    id: "G23",
    library: "go",
    does: "at the end of its input sends GOAWAY(15), inside a frame 0xff; on close GOAWAY(0, no error), and hangs up within 250 ms, without FIN or RST",
    shown: "end the transport between frames, inside a header, and by its own close",
    ours: "they close in the middle; the connection is cut in the middle",
    run: ends,
  },
  {
    id: "G25",
    library: "go",
    does: "reads over frames of types that do not exist",
    shown: "type 4, then DATA: understood",
    ours: "by construction: four types are sent; others refused: the vectors of frame",
    run: unknownTypes,
  },
  {
    id: "G26",
    library: "go",
    does: "gives 1 as the last stream id when it is the server and has seen no stream",
    shown: "its GOAWAY without a stream: 1 from the server, 0 from the client",
    ours: "nothing is concluded from the value alone: tests of core",
    run: lastOfNothing,
  },
  {
    id: "G27",
    library: "go",
    does: "does not ignore the high bit of a last stream id",
    shown: "GOAWAY with last id 0x80000000: its stream goes on; with 0: it fails with code 11",
    ours: "by construction: sent as zero",
    run: highBitOfLastId,
  },
];

async function bodyOfRefusedSyn(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  await remote.goAway();
  await raw.nextGoaway();
  raw.send(data(cell.id(0), "SYN", new Uint8Array(8)));
  assert.equal(await raw.nextRst(cell.id(0)), 5);
  assert.equal((await raw.nextGoaway()).errorCode, 8);
}

async function afterGoaway(cell: Cell): Promise<void> {
  for (const padding of ["", PADDING]) {
    const probe = await cell.connectRaw();
    probe.raw.send(goaway(0, 0, "bye"));
    probe.raw.sendHex(padding);
    await checkReads(probe, cell.id(0));
    probe.raw.end();
    assert.equal((await probe.remote.ended()).debug, Buffer.from("bye").toString("hex"));
  }
}

async function swallowsEightBytes(cell: Cell): Promise<void> {
  // Our own sessions send the padding frame.
  const { session, remote } = await cell.connect();
  session.goAway("NO_ERROR", "bye");
  await remote.serve();
  await ask(session, 1_000, 1);

  const padded = await cell.connectRaw();
  padded.raw.send(goaway(0, 0, "bye"));
  padded.raw.sendHex(PADDING);
  await checkReads(padded, cell.id(0));
  padded.raw.end();
  const { debug } = await padded.remote.ended();
  assert.equal(debug, Buffer.from("bye").toString("hex") + PADDING.replace(" ", ""));

  const bare = await cell.connectRaw();
  bare.raw.send(goaway(0, 0, "bye"));
  await checkReadsNothing(bare, cell.id(0));
}

async function longDebugData(cell: Cell): Promise<void> {
  const { raw } = await cell.connectRaw();
  const debug = new Uint8Array(MEBIBYTE + 8);
  raw.send({ type: "GOAWAY", lastStreamId: 0, errorCode: 0, debug });
  assert.equal((await raw.nextGoaway()).errorCode, 8);
}

async function lastSeen(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  await opened(probe, cell.id(2));
  await opened(probe, cell.id(0));
  await probe.remote.goAway();
  assert.equal((await probe.raw.nextGoaway()).lastStreamId, cell.id(0));
}

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
    assert.equal((await raw.nextGoaway()).errorCode, code, hex);
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

async function lostSyn(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  await clog(probe);
  const there = await probe.remote.open();
  const failed = await there.write({ hex: "aa", deadline: 50 });
  assert.equal(codeOf(failed.end), 13);
  probe.raw.resume();
  await there.write({ hex: "bb" });
  assert.deepEqual(
    await probe.raw.nextData(there.wireId!),
    data(there.wireId!, "", new Uint8Array([0xbb])),
  );
}

async function separateWrites(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw({ logWrites: true });
  const there = await opened(probe, cell.id(0));
  await there.write({ hex: "aabbccdd" });
  await there.closeWrite();
  assert.deepEqual(await probe.remote.writes(), [8, 4, 8, 0]);
}

async function stopsReading(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  await clog(probe);
  const { raw, remote } = probe;
  // Its answer to the first of these has no room in the queue.
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
  const eof = await between.raw.nextGoaway();
  assert.equal(eof.errorCode, 15);
  assert.equal(Buffer.from(eof.debug).toString(), "read EOF from remote peer");
  await between.raw.ended;

  const inside = await cell.connectRaw();
  inside.raw.sendHex("000004");
  inside.raw.end();
  assert.equal((await inside.raw.nextGoaway()).errorCode, 0xff);

  const probe = await cell.connectRaw();
  await opened(probe, cell.id(0));
  await probe.remote.end();
  const bye = await probe.raw.nextGoaway();
  assert.equal(bye.errorCode, 0);
  assert.equal(Buffer.from(bye.debug).toString(), "no error");
  await within(250, probe.raw.ended, "hanging up");
  assert.deepEqual(probe.raw.take(), []);
}

async function unknownTypes(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  probe.raw.sendHex(`00000440 ${idHex(cell.id(0))} deadbeef`);
  await checkReads(probe, cell.id(0));
}

async function lastOfNothing(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  await remote.goAway();
  assert.equal((await raw.nextGoaway()).lastStreamId, cell.role === "client" ? 1 : 0);
}

async function highBitOfLastId(cell: Cell): Promise<void> {
  const one = await cell.connectRaw();
  const survivor = await one.remote.open();
  await survivor.write({ hex: "aa" });
  one.raw.sendHex(`00000830 00000000 80000000 00000000 ${PADDING}`);
  await checkReads(one, cell.id(0));
  assert.equal((await survivor.write({ hex: "bb" })).end, "clean");

  const other = await cell.connectRaw();
  const victim = await other.remote.open();
  await victim.write({ hex: "aa" });
  other.raw.send(goaway(0));
  other.raw.sendHex(PADDING);
  assert.equal(codeOf((await victim.receive()).end), 11);
}
