// What Rust does in its own way with its session and its frames.

import { strict as assert } from "node:assert";
import { type Cell, stillWaits, until } from "../cell.ts";
import { codeOf } from "../local-stream.ts";
import { data, goaway, type RawFrames } from "../raw-frames.ts";
import type { Quirk } from "../scenario.ts";
import { checkReads, checkReadsNothing, idHex, opened } from "./probe.ts";

const STREAM_LIMIT = 512;
const BACKLOG = 64;

export const rustSession: readonly Quirk[] = [
  {
    id: "R3",
    library: "rust",
    does: "drops all its streams on any GOAWAY; after GOAWAY(0) its writers go on writing to nowhere",
    shown:
      "GOAWAY(1): its reader ends well, its writer fails with 1; GOAWAY(0): its writer succeeds, and nothing comes",
    ours: "GOAWAY comes last: we drain with streams in flight",
    run: dropsAll,
  },
  {
    id: "R4",
    library: "rust",
    does: "declares its GOAWAY 8 bytes too short: a text of less than 8 bytes is not sent, of more leaves 8 over",
    shown: "close with 7 bytes of text: nothing comes; with 8: a length of 8, and 16 bytes",
    ours: "they say why they end; their GOAWAY crosses our stream",
    run: shortGoaway,
  },
  {
    id: "R5",
    library: "rust",
    does: "stops writing after its GOAWAY and leaves the transport open",
    shown: "close with a text: its GOAWAY comes, and no end of the transport",
    ours: "a timer: they say why they end",
    run: leavesOpen,
  },
  {
    id: "R6",
    library: "rust",
    does: "has room for 512 streams; one more SYN stops its reader without a word, and ends its streams' reads well",
    shown: "512 SYNs, echoes work; one SYN more: no answer to anything, and FIN from every echo",
    ours: "maxOutboundStreams: 1 000 streams each way, their own limits",
    run: tooManyStreams,
  },
  {
    id: "R7",
    library: "rust",
    does: "stops reading everything when 64 streams wait to be accepted",
    shown: "67 SYNs, then DATA on an unknown stream: no RST until somebody accepts",
    ours: "the same",
    run: fullBacklog,
  },
  {
    id: "R10",
    library: "rust",
    does: "stops writing after a frame on stream 0; panics on a GOAWAY of a wrong form; answers a wrong length of RST or WNDINC with RST(2)",
    shown:
      "DATA, RST and WNDINC on stream 0, GOAWAY of 4 bytes and on stream 3, RST of 5, WNDINC of 3",
    ours: "by construction: only valid frames are encoded",
    run: malformed,
  },
  {
    id: "R11",
    library: "rust",
    does: "answers a type that does not exist with GOAWAY(1), invalid frame",
    shown: "a frame of type 4",
    ours: "by construction: four types are sent",
    run: unknownType,
  },
  {
    id: "R17",
    library: "rust",
    does: "reports the loss of the transport as a clean end of its streams",
    shown: "DATA, then cut the connection: its reader ends well",
    ours: "nothing can be done about it",
    run: lossIsEnd,
  },
];

async function dropsAll(cell: Cell): Promise<void> {
  for (const code of [1, 0]) {
    const probe = await cell.connectRaw();
    const reading = (await opened(probe, cell.id(0))).receive();
    const writer = await opened(probe, cell.id(1));
    probe.raw.send(goaway(0x7ffffffe, code));
    assert.equal((await reading).end, "clean");
    const { end } = await writer.write({ bytes: 10, seed: 1 });
    assert.equal(codeOf(end), code === 0 ? undefined : code);
    await stillWaits(probe.raw.nextData(cell.id(1)));
  }
}

async function shortGoaway(cell: Cell): Promise<void> {
  const mute = await cell.connectRaw();
  await mute.remote.goAway(0, "7 bytes");
  await stillWaits(Promise.race([mute.raw.nextGoaway(), mute.raw.ended]));

  const { raw, remote } = await cell.connectRaw();
  await remote.goAway(0, "8 bytes!");
  await until(() => bytesOf(raw).length >= 24);
  const last = idHex(cell.role === "client" ? 1 : 0);
  const text = Buffer.from("8 bytes!").toString("hex");
  assert.equal(
    bytesOf(raw).toString("hex"),
    `00000830 00000000 ${last} 00000000 ${text}`.replaceAll(" ", ""),
  );
}

function bytesOf(raw: RawFrames): Buffer {
  return Buffer.concat(raw.chunks);
}

async function leavesOpen(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  await remote.goAway(0, "good night");
  await raw.nextGoaway();
  await stillWaits(raw.ended, 500);
}

async function tooManyStreams(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  await remote.serve();
  for (let n = 0; n < STREAM_LIMIT; n++) raw.send(data(cell.id(n), "SYN", "hello"));
  for (let n = 0; n < STREAM_LIMIT; n++) await raw.nextData(cell.id(n));
  raw.send(data(cell.id(0), "", "again"));
  await raw.nextData(cell.id(0));
  raw.send(data(cell.id(STREAM_LIMIT), "SYN", "one too many"));
  for (let n = 0; n < STREAM_LIMIT; n++) assert.equal((await raw.nextData(cell.id(n))).fin, true);
  await checkReadsNothing({ raw, remote }, cell.id(STREAM_LIMIT + 1));
}

async function fullBacklog(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  // Its queue takes one for its sender besides, and the reader holds another.
  for (let n = 0; n < BACKLOG + 3; n++) raw.send(data(cell.id(n), "SYN"));
  raw.send(data(cell.id(1_000), "", "nobody's"));
  const answer = raw.nextRst(cell.id(1_000));
  await stillWaits(answer);
  await remote.serve();
  assert.equal(await answer, 4);
}

async function malformed(cell: Cell): Promise<void> {
  for (const hex of [
    "00000110 00000000 aa",
    "00000400 00000000 00000006",
    "00000420 00000000 00000001",
  ]) {
    const probe = await cell.connectRaw();
    probe.raw.sendHex(hex);
    await checkReadsNothing(probe, cell.id(0));
    assert.equal(probe.remote.process.stderr, "", hex);
  }
  for (const hex of ["00000430 00000000 00000000", "00000830 00000003 00000000 00000000"]) {
    const probe = await cell.connectRaw();
    probe.raw.sendHex(hex);
    await until(() => probe.remote.process.stderr.includes("panicked"));
  }
  for (const hex of ["00000500 ID 0000000600", "00000320 ID 000001"]) {
    const probe = await cell.connectRaw();
    await opened(probe, cell.id(0));
    probe.raw.sendHex(hex.replace("ID", idHex(cell.id(0))));
    assert.equal(await probe.raw.nextRst(cell.id(0)), 2, hex);
    await checkReads(probe, cell.id(1));
  }
}

async function unknownType(cell: Cell): Promise<void> {
  const { raw } = await cell.connectRaw();
  raw.sendHex(`00000440 ${idHex(cell.id(0))} deadbeef`);
  const { errorCode, debug } = await raw.nextGoaway();
  assert.equal(errorCode, 1);
  // 8 of the 13 bytes are behind the frame (R4).
  assert.equal(Buffer.from(debug).toString(), "inval");
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
