// What Go does in its own way with single streams.

import { strict as assert } from "node:assert";
import { type Cell, stillWaits } from "../cell.ts";
import { codeOf } from "../local-stream.ts";
import { data, rst, wndinc } from "../raw-frames.ts";
import type { Quirk } from "../scenario.ts";
import { idHex, opened } from "./probe.ts";

const WINDOW = 262_144;

export const goStreams: readonly Quirk[] = [
  {
    id: "G1",
    library: "go",
    does: "on SYN and FIN in one frame, puts its own outbound direction in error",
    shown: "DATA SYN FIN; the acceptor's first write fails with code 4",
    ours: "FIN is sent apart from SYN: all half-closes",
    run: synAndFin,
  },
  {
    id: "G5",
    library: "go",
    does: "refuses a stream beyond its backlog with RST(9), but keeps its entry",
    shown: "backlog 1, two SYNs, DATA on the second: no RST(4); after an RST(6) there is one",
    ours: "an RST(6) for each of them: their accept queue overflows",
    run: keptEntry,
  },
  {
    id: "G7",
    library: "go",
    does: "takes the id at open and sends SYN with the first write",
    shown: "open two streams, write on the second, then on the first: SYNs in that order",
    ours: "they write on their second stream first",
    run: synsOutOfOrder,
  },
  {
    id: "G8",
    library: "go",
    does: "since 2.0.2, ends the session with GOAWAY(1) on a second SYN for a stream that is open",
    shown: "the same SYN twice",
    ours: "by construction: an id is never used again",
    run: duplicateSyn,
    older: {
      does: "lets a second SYN replace the first stream",
      shown: "the same SYN twice, then DATA: two accepts, and only the second stream can read it",
      run: replacedStream,
    },
  },
  {
    id: "G11",
    library: "go",
    does: "sends FIN in any state",
    shown: "half-close, close, close: three FINs",
    ours: "they end one direction again and again",
    run: threeFins,
  },
  {
    id: "G12",
    library: "go",
    does: "sends one empty frame with SYN and FIN for a stream that is opened and closed",
    shown: "open, close",
    ours: "they open and close at once",
    run: openAndClose,
  },
  {
    id: "G13",
    library: "go",
    does: "after a close, sends one RST(4) for each late frame, also for an empty one",
    shown: "close there; DATA with a body, DATA without, DATA with a body: three RSTs",
    ours: "they refuse a burst on a closed stream",
    run: rstForEach,
  },
  {
    id: "G14",
    library: "go",
    does: "answers DATA after FIN with RST(4) and ends its own sending",
    shown: "FIN, then DATA; the acceptor's write fails",
    ours: "by construction: WRITE_AFTER_END",
    run: dataAfterFin,
  },
  {
    id: "G15",
    library: "go",
    does: "on an overrun buffers the whole frame, sends RST(3), and lets its application read on",
    shown: "262 145 bytes unread: RST(3); the application reads 262 145 bytes and sends WNDINC",
    ours: "we go beyond their window",
    run: overrun,
  },
  {
    id: "G16",
    library: "go",
    does: "sends frames as long as its credit, and takes credit without limit",
    shown:
      "a write of 262 144 bytes: one frame; after WNDINC of 20 MiB: a frame of 16 777 215 bytes",
    ours: "they write a whole window at once",
    run: longFrames,
  },
  {
    id: "G17",
    library: "go",
    does: "lets buffered bytes be read before it reports an RST; takes RST(0) for an error",
    shown: "DATA, RST(0); the reader gets the bytes, then an error with code 0",
    ours: "they reset behind unread data",
    run: bufferedBeforeRst,
  },
  {
    id: "G18",
    library: "go",
    does: "sends a WNDINC for every read",
    shown: "5 bytes read one by one: five WNDINCs of 1",
    ours: "they read byte by byte",
    run: incrementForEachRead,
  },
  {
    id: "G28",
    library: "go",
    does: "since 2.0.2, heeds FIN on a frame that it refuses: its reader sees a clean end",
    shown: "an overrun by a frame with FIN: RST(3), and the application reads to a clean end",
    ours: "by construction: nothing is sent beyond the credit",
    run: finOfRefusedFrame,
    older: {
      does: "takes no notice of FIN on a frame that it refuses",
      shown: "an overrun by a frame with FIN: RST(3), and the application's read fails with code 3",
      run: finOfRefusedFrameBefore,
    },
  },
  {
    id: "G29",
    library: "go",
    does: "hides a clean end that has not been read yet behind an RST that follows it",
    shown: "DATA FIN, RST(6); the reader gets the bytes, then code 6 and no end",
    ours: "nothing can be done about it",
    run: rstHidesEnd,
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
  assert.equal(await raw.nextRst(refused), 9);
  raw.send(data(refused, "", "into the void"));
  const unwanted = raw.nextRst(refused);
  await stillWaits(unwanted);
  raw.send(rst(refused, 6), data(refused, "", "no longer"));
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

function isSyn(frame: { type: string; syn?: boolean }): boolean {
  return frame.type === "DATA" && frame.syn === true;
}

async function duplicateSyn(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  await opened(probe, cell.id(0));
  probe.raw.send(data(cell.id(0), "SYN"));
  assert.equal((await probe.raw.nextGoaway()).errorCode, 1);
}

async function replacedStream(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const first = await opened(probe, cell.id(0));
  const second = await opened(probe, cell.id(0));
  probe.raw.send(data(cell.id(0), "", "for whom?"));
  assert.equal((await second.read()).hex, Buffer.from("for whom?").toString("hex"));
  await stillWaits(first.read());
}

async function threeFins(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const there = await opened(probe, cell.id(0));
  await there.closeWrite();
  await there.close();
  await there.close();
  for (let fin = 0; fin < 3; fin++) {
    assert.equal((await probe.raw.nextData(cell.id(0))).fin, true);
  }
}

async function openAndClose(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  await (await remote.open()).close();
  assert.deepEqual(await raw.nextData(cell.theirId(0)), data(cell.theirId(0), "SYN FIN"));
}

async function rstForEach(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  await (await opened(probe, id)).close();
  for (const body of ["late", "", "later"]) {
    probe.raw.send(data(id, "", body));
    assert.equal(await probe.raw.nextRst(id), 4);
  }
}

async function dataAfterFin(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  const there = await opened(probe, id);
  probe.raw.send(data(id, "FIN"), data(id, "", "one more thing"));
  assert.equal(await probe.raw.nextRst(id), 4);
  assert.equal(codeOf((await there.write({ hex: "aa" })).end), 4);
}

async function overrun(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  const there = await opened(probe, id);
  probe.raw.send(data(id, "", new Uint8Array(WINDOW + 1)));
  assert.equal(await probe.raw.nextRst(id), 3);
  const { bytes, end } = await there.receive();
  assert.equal(bytes, WINDOW + 1);
  assert.equal(codeOf(end), 3);
  await probe.raw.next((frame) => frame.type === "WNDINC" && frame.streamId === id);
}

async function longFrames(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  const there = await opened(probe, id);
  await there.write({ bytes: WINDOW, seed: 1, piece: WINDOW });
  assert.equal((await probe.raw.nextData(id)).body.length, WINDOW);
  const much = 20 * 1024 * 1024;
  probe.raw.send(wndinc(id, much));
  await there.write({ bytes: much, seed: 1, piece: much });
  assert.equal((await probe.raw.nextData(id)).body.length, 0xffffff);
}

async function bufferedBeforeRst(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  const there = await opened(probe, id, "last words");
  probe.raw.send(rst(id, 0));
  const { bytes, end } = await there.receive();
  assert.equal(bytes, 10);
  assert.equal(codeOf(end), 0);
}

async function incrementForEachRead(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  const there = await opened(probe, id, "12345");
  for (let read = 0; read < 5; read++) await there.read(1);
  for (let read = 0; read < 5; read++) {
    assert.deepEqual(await probe.raw.next(({ type }) => type === "WNDINC"), wndinc(id, 1));
  }
}

async function finOfRefusedFrame(cell: Cell): Promise<void> {
  assert.equal(await endOfOverrunWithFin(cell), "clean");
}

async function finOfRefusedFrameBefore(cell: Cell): Promise<void> {
  assert.equal(codeOf((await endOfOverrunWithFin(cell)) as never), 3);
}

async function endOfOverrunWithFin(cell: Cell): Promise<unknown> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  const there = await opened(probe, id);
  probe.raw.send(data(id, "FIN", new Uint8Array(WINDOW + 1)));
  assert.equal(await probe.raw.nextRst(id), 3);
  return (await there.receive()).end;
}

async function rstHidesEnd(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  const there = await opened(probe, id, "all there is");
  probe.raw.send(data(id, "FIN"), rst(id, 6));
  // The answer to another frame says that these have been read.
  probe.raw.sendHex(`00000110 ${idHex(cell.id(1))} aa`);
  assert.equal(await probe.raw.nextRst(cell.id(1)), 4);
  const { bytes, end } = await there.receive();
  assert.equal(bytes, 12);
  assert.equal(codeOf(end), 6);
}
