// Quirks of Go: GOAWAY.

import { strict as assert } from "node:assert";
import type { Cell } from "../cell.ts";
import { ask, codeOf } from "../local-stream.ts";
import { data, goAway } from "../raw-frames.ts";
import type { Quirk } from "../scenario.ts";
import { checkReads, checkReadsNothing, opened } from "./probe.ts";

const PADDING = "00000011 7fffffff";
const MEBIBYTE = 1024 * 1024;

export const goGoAway: readonly Quirk[] = [
  {
    id: "G2",
    library: "go",
    does: "after its own GOAWAY refuses a SYN without reading its body off",
    shown:
      "SYN with 8 zero bytes: RST(5), then GOAWAY(8), because they were read as an RST of length 0",
    mark: "tested",
    ours: "no SYN after a GOAWAY: they say GOAWAY and go on",
    run: bodyOfRefusedSyn,
  },
  {
    id: "G3",
    library: "go",
    does: "until 2.0.1, read 8 bytes too many after a GOAWAY; 2.0.2 reads what it should",
    shown: "GOAWAY, then DATA, with and without the padding frame: both are understood",
    mark: "tested",
    ours: "the padding frame: we say GOAWAY and go on, also with 2.0.1",
    run: afterGoAway,
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
    mark: "by construction",
    ours: "a debug text has at most 1 024 bytes",
    run: longDebugData,
  },
  {
    id: "G6",
    library: "go",
    does: "gives the last stream id that it has seen, which need not be the highest",
    shown: "SYNs on the third id and then on the first; its GOAWAY has the first",
    mark: "tested",
    ours: "an answer weighs more than the id: tests of core; their GOAWAY crosses our stream",
    run: lastSeen,
  },
  {
    id: "G26",
    library: "go",
    does: "gives 1 as the last stream id when it is the server and has seen no stream",
    shown: "its GOAWAY without a stream: 1 from the server, 0 from the client",
    mark: "tested",
    ours: "nothing is concluded from the value alone: tests of core",
    run: lastOfNothing,
  },
  {
    id: "G27",
    library: "go",
    does: "does not ignore the high bit of a last stream id",
    shown: "GOAWAY with last id 0x80000000: its stream goes on; with 0: it fails with code 11",
    mark: "by construction",
    ours: "sent as zero",
    run: highBitOfLastId,
  },
];

async function bodyOfRefusedSyn(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  await remote.goAway();
  await raw.nextGoAway();
  raw.send(data(cell.id(0), "SYN", new Uint8Array(8)));
  assert.equal(await raw.nextReset(cell.id(0)), 5);
  assert.equal((await raw.nextGoAway()).errorCode, 8);
}

async function afterGoAway(cell: Cell): Promise<void> {
  for (const padding of ["", PADDING]) {
    const probe = await cell.connectRaw();
    probe.raw.send(goAway(0, 0, "bye"));
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
  padded.raw.send(goAway(0, 0, "bye"));
  padded.raw.sendHex(PADDING);
  await checkReads(padded, cell.id(0));
  padded.raw.end();
  const { debug } = await padded.remote.ended();
  assert.equal(debug, Buffer.from("bye").toString("hex") + PADDING.replace(" ", ""));

  const bare = await cell.connectRaw();
  bare.raw.send(goAway(0, 0, "bye"));
  await checkReadsNothing(bare, cell.id(0));
}

async function longDebugData(cell: Cell): Promise<void> {
  const { raw } = await cell.connectRaw();
  const debug = new Uint8Array(MEBIBYTE + 8);
  raw.send({ type: "goAway", lastStreamId: 0, errorCode: 0, debug });
  assert.equal((await raw.nextGoAway()).errorCode, 8);
}

async function lastSeen(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  await opened(probe, cell.id(2));
  await opened(probe, cell.id(0));
  await probe.remote.goAway();
  assert.equal((await probe.raw.nextGoAway()).lastStreamId, cell.id(0));
}

async function lastOfNothing(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  await remote.goAway();
  assert.equal((await raw.nextGoAway()).lastStreamId, cell.role === "client" ? 1 : 0);
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
  other.raw.send(goAway(0));
  other.raw.sendHex(PADDING);
  assert.equal(codeOf((await victim.receive()).end), 11);
}
