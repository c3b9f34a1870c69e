// Quirks of Rust: the opening of streams.

import { strict as assert } from "node:assert";
import { type Cell, stillWaits, until } from "../cell.ts";
import { data, reset } from "../raw-frames.ts";
import type { Quirk } from "../scenario.ts";
import {
  checkReads,
  checkReadsNothing,
  OCCUPYING,
  occupyWriter,
  opened,
  type Probe,
} from "./probe.ts";

const STREAM_LIMIT = 512;
const BACKLOG = 64;

export const rustOpening: readonly Quirk[] = [
  {
    id: "R6",
    library: "rust",
    does: "has room for 512 streams; one more SYN stops its reader without a word, and ends its streams' reads well. A stream counts until its application has dropped it and its writer has come round to it, also after an RST",
    shown:
      "512 SYNs, echoes work; one SYN more: no answer to anything, and FIN from every echo. The same after an RST for each of the 512, and after all have been dropped while the writer is busy",
    mark: "tested",
    ours: "maxOutboundStreams: 1 000 streams each way, their own limits",
    run: tooManyStreams,
  },
  {
    id: "R7",
    library: "rust",
    does: "stops reading everything when 64 streams wait to be accepted",
    shown: "67 SYNs, then DATA on an unknown stream: no RST until somebody accepts",
    mark: "tested",
    ours: "limits on our opens: 1 000 streams each way, their own limits",
    run: fullBacklog,
  },
  {
    id: "R9",
    library: "rust",
    does: "does not check parity; panics later after a second SYN",
    shown:
      "SYN on an id of its own parity: accepted. The same SYN twice, both streams dropped: a panic",
    mark: "by construction",
    ours: "an id is never used again",
    run: parityAndSecondSyn,
  },
  {
    id: "R12",
    library: "rust",
    does: "sends FIN without SYN for a stream that was opened and dropped",
    shown: "open, drop",
    mark: "tested",
    ours: "they open and close at once",
    run: finWithoutSyn,
  },
];

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

  const resets = await cell.connectRaw();
  await resets.remote.serve();
  for (let n = 0; n < STREAM_LIMIT; n++) await echoed(resets, cell.id(n));
  for (let n = 0; n < STREAM_LIMIT; n++) resets.raw.send(reset(cell.id(n), 6));
  await checkReads(resets, cell.id(1_000));
  resets.raw.send(data(cell.id(STREAM_LIMIT), "SYN", "one too many"));
  await checkReadsNothing(resets, cell.id(1_001));

  const drops = await cell.connectRaw();
  const other = await opened(drops, cell.id(0));
  await occupyWriter(drops);
  for (let n = 1; n < STREAM_LIMIT - OCCUPYING; n++) {
    await (await opened(drops, cell.id(n))).close();
  }
  drops.raw.send(data(cell.id(0), "", "read?"));
  assert.equal((await other.read()).hex, Buffer.from("read?").toString("hex"));
  drops.raw.send(data(cell.id(STREAM_LIMIT), "SYN", "one too many"));
  assert.deepEqual(await other.read(), { hex: "", end: "clean" });
}

async function echoed({ raw }: Probe, id: number): Promise<void> {
  raw.send(data(id, "SYN", "hello"));
  await raw.nextData(id);
}

async function fullBacklog(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  // Its queue holds one more for its sender, and the reader holds another.
  for (let n = 0; n < BACKLOG + 3; n++) raw.send(data(cell.id(n), "SYN"));
  raw.send(data(cell.id(1_000), "", "nobody's"));
  const answer = raw.nextReset(cell.id(1_000));
  await stillWaits(answer);
  await remote.serve();
  assert.equal(await answer, 4);
}

async function parityAndSecondSyn(cell: Cell): Promise<void> {
  const foreign = await cell.connectRaw();
  const there = await opened(foreign, cell.theirId(5), "ours?");
  assert.equal((await there.read()).hex, Buffer.from("ours?").toString("hex"));

  const probe = await cell.connectRaw();
  const twice = [await opened(probe, cell.id(0)), await opened(probe, cell.id(0))];
  for (const stream of twice) await stream.close();
  await until(() => probe.remote.process.stderr.includes("panicked"));
}

async function finWithoutSyn(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRaw();
  await (await remote.open()).close();
  assert.deepEqual(await raw.nextData(cell.theirId(0)), data(cell.theirId(0), "FIN"));
}
