// Quirks of Rust: GOAWAY, and invalid frames.

import { strict as assert } from "node:assert";
import { type Cell, stillWaits, until } from "../cell.ts";
import { codeOf } from "../local-stream.ts";
import { data, goAway, type RawFrames } from "../raw-frames.ts";
import type { Quirk } from "../scenario.ts";
import { checkReads, checkReadsNothing, idHex, opened } from "./probe.ts";

export const rustSession: readonly Quirk[] = [
  {
    id: "R3",
    library: "rust",
    does: "drops all its streams on any GOAWAY; after GOAWAY(0) its writers go on writing to nowhere",
    shown:
      "GOAWAY(1): its reader ends well, its writer fails with 1; GOAWAY(0): its writer succeeds, and nothing comes",
    mark: "tested",
    ours: "GOAWAY comes last: we drain with streams in flight",
    run: dropsAll,
  },
  {
    id: "R4",
    library: "rust",
    does: "declares its GOAWAY 8 bytes too short: a text of less than 8 bytes is not sent, of more leaves 8 over",
    shown: "close with 7 bytes of text: nothing comes; with 8: a length of 8, and 16 bytes",
    mark: "tested",
    ours: "they say why they end; their GOAWAY crosses our stream",
    run: shortGoAway,
  },
  {
    id: "R5",
    library: "rust",
    does: "stops writing after its GOAWAY and leaves the transport open",
    shown: "close with a text: its GOAWAY comes, and no end of the transport",
    mark: "tested",
    ours: "a timer: they say why they end",
    run: leavesOpen,
  },
  {
    id: "R8",
    library: "rust",
    does: "heeds SYN and FIN on every type of frame",
    shown: "WNDINC with SYN is accepted as a stream; after WNDINC with FIN, DATA draws RST(4)",
    mark: "by construction",
    ours: "zero flags on all but DATA",
    run: flagsOnIncrement,
  },
  {
    id: "R10",
    library: "rust",
    does: "stops writing after a frame on stream 0; panics on a GOAWAY of a wrong form; answers a wrong length of RST or WNDINC with RST(2)",
    shown:
      "DATA, RST and WNDINC on stream 0, GOAWAY of 4 bytes and on stream 3, RST of 5, WNDINC of 3",
    mark: "by construction",
    ours: "only valid frames are encoded",
    run: malformed,
  },
  {
    id: "R11",
    library: "rust",
    does: "answers a type that does not exist with GOAWAY(1), invalid frame",
    shown: "a frame of type 4",
    mark: "by construction",
    ours: "four types are sent",
    run: unknownType,
  },
];

async function dropsAll(cell: Cell): Promise<void> {
  for (const code of [1, 0]) {
    const probe = await cell.connectRaw();
    const reading = (await opened(probe, cell.id(0))).receive();
    const writer = await opened(probe, cell.id(1));
    probe.raw.send(goAway(0x7ffffffe, code));
    assert.equal((await reading).end, "clean");
    // The library ends the streams one after the other.
    const { end } = await writer.write({ bytes: 10, seed: 1, piece: 1, pause: 5 });
    assert.equal(codeOf(end), code === 0 ? undefined : code);
    await stillWaits(probe.raw.nextData(cell.id(1)));
  }
}

async function shortGoAway(cell: Cell): Promise<void> {
  const mute = await cell.connectRaw();
  await mute.remote.goAway(0, "7 bytes");
  await stillWaits(Promise.race([mute.raw.nextGoAway(), mute.raw.ended]));

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
  await raw.nextGoAway();
  await stillWaits(raw.ended, 500);
}

async function flagsOnIncrement(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  raw.sendHex(`00000422 ${idHex(cell.id(0))} 00000001`);
  await remote.accept();
  raw.sendHex(`00000421 ${idHex(cell.id(0))} 00000001`);
  raw.send(data(cell.id(0), "", "after FIN"));
  assert.equal(await raw.nextReset(cell.id(0)), 4);
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
    assert.equal(await probe.raw.nextReset(cell.id(0)), 2, hex);
    await checkReads(probe, cell.id(1));
  }
}

async function unknownType(cell: Cell): Promise<void> {
  const { raw } = await cell.connectRaw();
  raw.sendHex(`00000440 ${idHex(cell.id(0))} deadbeef`);
  const { errorCode, debug } = await raw.nextGoAway();
  assert.equal(errorCode, 1);
  // 8 of the 13 bytes come after the end of the frame (R4).
  assert.equal(Buffer.from(debug).toString(), "inval");
}
