// Quirks of Go: the end of streams.

import { strict as assert } from "node:assert";
import type { Cell } from "../cell.ts";
import { codeOf } from "../local-stream.ts";
import { data, reset } from "../raw-frames.ts";
import type { Quirk } from "../scenario.ts";
import { idHex, opened } from "./probe.ts";

export const goEnding: readonly Quirk[] = [
  {
    id: "G11",
    library: "go",
    does: "sends FIN in any state",
    shown: "half-close, close, close: three FINs",
    mark: "tested",
    ours: "they end one direction again and again",
    run: threeFins,
  },
  {
    id: "G13",
    library: "go",
    does: "after a close, sends one RST(4) for each late frame, also for an empty one",
    shown: "close there; DATA with a body, DATA without, DATA with a body: three RSTs",
    mark: "tested",
    ours: "they refuse a burst on a closed stream",
    run: rstForEach,
  },
  {
    id: "G14",
    library: "go",
    does: "answers DATA after FIN with RST(4) and ends its own sending",
    shown: "FIN, then DATA; the acceptor's write fails",
    mark: "by construction",
    ours: "a write after the end fails with WRITE_AFTER_END",
    run: dataAfterFin,
  },
  {
    id: "G17",
    library: "go",
    does: "lets buffered bytes be read before it reports an RST; takes RST(0) for an error",
    shown: "DATA, RST(0); the reader gets the bytes, then an error with code 0",
    mark: "tested",
    ours: "they reset behind unread data",
    run: bufferedBeforeRst,
  },
  {
    id: "G29",
    library: "go",
    does: "hides a clean end that has not been read yet behind an RST that follows it",
    shown: "DATA FIN, RST(6); the reader gets the bytes, then code 6 and no end",
    mark: "open",
    ours: "what it hides was not read in time",
    run: rstHidesEnd,
  },
];

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

async function rstForEach(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  await (await opened(probe, id)).close();
  for (const body of ["late", "", "later"]) {
    probe.raw.send(data(id, "", body));
    assert.equal(await probe.raw.nextReset(id), 4);
  }
}

async function dataAfterFin(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  const there = await opened(probe, id);
  probe.raw.send(data(id, "FIN"), data(id, "", "one more thing"));
  assert.equal(await probe.raw.nextReset(id), 4);
  assert.equal(codeOf((await there.write({ hex: "aa" })).end), 4);
}

async function bufferedBeforeRst(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  const there = await opened(probe, id, "last words");
  probe.raw.send(reset(id, 0));
  const { bytes, end } = await there.receive();
  assert.equal(bytes, 10);
  assert.equal(codeOf(end), 0);
}

async function rstHidesEnd(cell: Cell): Promise<void> {
  const probe = await cell.connectRaw();
  const id = cell.id(0);
  const there = await opened(probe, id, "all there is");
  probe.raw.send(data(id, "FIN"), reset(id, 6));
  // The answer to another frame shows that the peer has read these.
  probe.raw.sendHex(`00000110 ${idHex(cell.id(1))} aa`);
  assert.equal(await probe.raw.nextReset(cell.id(1)), 4);
  const { bytes, end } = await there.receive();
  assert.equal(bytes, 12);
  assert.equal(codeOf(end), 6);
}
