// Quirks of Go: the opening of streams.

import { strict as assert } from "node:assert";
import type { Frame } from "@muxado/frame";
import { type Cell, stillWaits } from "../cell.ts";
import { codeOf } from "../local-stream.ts";
import { data, reset } from "../raw-frames.ts";
import type { Quirk } from "../scenario.ts";
import { clog, opened } from "./probe.ts";

export const goOpening: readonly Quirk[] = [
  {
    id: "G1",
    library: "go",
    does: "on SYN and FIN in one frame, puts its own outbound direction in error",
    shown: "DATA SYN FIN; the acceptor's first write fails with code 4",
    mark: "tested",
    ours: "FIN is sent apart from SYN: all half-closes",
    run: synAndFin,
  },
  {
    id: "G5",
    library: "go",
    does: "refuses a stream beyond its backlog with RST(9), but keeps its entry",
    shown: "backlog 1, two SYNs, DATA on the second: no RST(4); after an RST(6) there is one",
    mark: "tested",
    ours: "an RST(6) for each of them: their accept queue overflows",
    run: keptEntry,
  },
  {
    id: "G7",
    library: "go",
    does: "takes the id at open and sends SYN with the first write",
    shown: "open two streams, write on the second, then on the first: SYNs in that order",
    mark: "tested",
    ours: "they write on their second stream first",
    run: synsOutOfOrder,
  },
  {
    id: "G8",
    library: "go",
    does: "since 2.0.2, ends the session with GOAWAY(1) on a second SYN for a stream that is open",
    shown: "the same SYN twice",
    mark: "by construction",
    ours: "an id is never used again",
    run: duplicateSyn,
    older: {
      does: "lets a second SYN replace the first stream",
      shown: "the same SYN twice, then DATA: two accepts, and only the second stream can read it",
      run: replacedStream,
    },
  },
  {
    id: "G12",
    library: "go",
    does: "sends one empty frame with SYN and FIN for a stream that is opened and closed",
    shown: "open, close",
    mark: "tested",
    ours: "they open and close at once",
    run: openAndClose,
  },
  {
    id: "G19",
    library: "go",
    does: "can send DATA without SYN",
    shown: "a first write that times out because the transport is stuck; the next has no SYN",
    mark: "tested",
    ours: "RST(4) for DATA on an unknown stream: tests of core",
    run: lostSyn,
  },
];

async function synAndFin(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  raw.send(data(cell.id(0), "SYN FIN", "request"));
  const there = await remote.accept();
  assert.equal((await there.receive()).bytes, 7);
  assert.equal(codeOf((await there.write({ hex: "aa" })).end), 4);
}

async function keptEntry(cell: Cell): Promise<void> {
  const { raw } = await cell.connectRaw({ backlog: 1 });
  const refused = cell.id(1);
  raw.send(data(cell.id(0), "SYN"), data(refused, "SYN"));
  assert.equal(await raw.nextReset(refused), 9);
  raw.send(data(refused, "", "into the void"));
  const unwanted = raw.nextReset(refused);
  await stillWaits(unwanted);
  raw.send(reset(refused, 6), data(refused, "", "no longer"));
  assert.equal(await unwanted, 4);
}

async function synsOutOfOrder(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  const [first, second] = [await remote.open(), await remote.open()];
  assert.deepEqual([first.wireId, second.wireId], [cell.theirId(0), cell.theirId(1)]);
  await second.write({ hex: "02" });
  await first.write({ hex: "01" });
  const syns = [await raw.next(isSyn), await raw.next(isSyn)].map(
    (frame) => "streamId" in frame && frame.streamId,
  );
  assert.deepEqual(syns, [second.wireId, first.wireId]);
}

function isSyn(frame: Frame): boolean {
  return frame.type === "data" && frame.syn;
}

async function duplicateSyn(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  await opened(probe, cell.id(0));
  probe.raw.send(data(cell.id(0), "SYN"));
  assert.equal((await probe.raw.nextGoAway()).errorCode, 1);
}

async function replacedStream(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const first = await opened(probe, cell.id(0));
  const second = await opened(probe, cell.id(0));
  probe.raw.send(data(cell.id(0), "", "for whom?"));
  assert.equal((await second.read()).hex, Buffer.from("for whom?").toString("hex"));
  await stillWaits(first.read());
}

async function openAndClose(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  await (await remote.open()).close();
  assert.deepEqual(await raw.nextData(cell.theirId(0)), data(cell.theirId(0), "SYN FIN"));
}

async function lostSyn(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw({ logWrites: true });
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
