// Quirks of Rust's yamux.

import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import type { Frame } from "@muxado/yamux";
import { type Cell, stillWaits } from "../cell.ts";
import { data, goAway, ping, update } from "../raw-yamux.ts";
import type { Quirk } from "../scenario.ts";
import { endsWith, framesOf, idHex, opened, WINDOW, type YamuxProbe } from "./yamux-probe.ts";

const MEBIBYTE = 1024 * 1024;
const library = "yamux-rust";

export const yamuxRust: readonly Quirk[] = [
  {
    id: "Y1",
    library,
    does: "takes the id at open and sends SYN with the first Data",
    shown: "open: nothing; a write: Data|SYN",
    mark: "tested",
    ours: "they write on their second stream first",
    run: lazyOpening,
  },
  {
    id: "Y2",
    library,
    does: "acknowledges with the first frame of its own; never if FIN came and the stream is dropped",
    shown: "SYN, accept: nothing; a write: Data|ACK. SYN, FIN, accept, drop: FIN without ACK",
    mark: "tested",
    ours: "they acknowledge late; 256 streams that they do not acknowledge",
    run: lateAcknowledging,
  },
  {
    id: "Y3",
    library,
    does: "sends FIN or RST for a stream that it has opened and not written",
    shown: "open, close: FIN without SYN; open, drop: RST without SYN",
    mark: "tested",
    ours: "ignored: the tests of core for unknown streams",
    run: endsUnopened,
  },
  {
    id: "Y4",
    library,
    does: "sends FIN and RST on empty Data; takes an RST for the end when it reads, and ignores its length",
    shown:
      "close: Data|FIN; drop: Data|RST. Data, RST with length 7: the reader gets bytes and a clean end, a writer an error",
    mark: "tested",
    ours: "we reset: their writer; they reset …",
    run: resets,
  },
  {
    id: "Y5",
    library,
    does: "answers a stream beyond its 512 by Go Away, 1 for Window Update, 2 for Data, and goes on",
    shown: "a limit of 1, a second SYN in both forms",
    mark: "tested",
    ours: "no more than `maxOutboundStreams`: 1 000 streams each way, their own limits",
    run: streamLimit,
  },
  {
    id: "Y6",
    library,
    does: "drops what comes for streams that it does not know, also for those it has closed and dropped",
    shown: "Data on an unknown id, and on a stream that was closed and dropped: nothing comes",
    mark: "by construction",
    ours: "writes that wait for credit have `writeTimeout`",
    run: unknownStream,
  },
  {
    id: "Y7",
    library,
    does: "says Go Away(1) on a breach and goes on; ends without one on an invalid header",
    shown:
      "wrong parity, SYN twice, an overrun, too much credit: Go Away(1) each, on one connection; then a wrong version",
    mark: "by construction",
    ours: "no such frame is sent; after a Go Away with an error what is open goes on",
    run: breaches,
  },
  {
    id: "Y8",
    library,
    does: "takes an answer that matches no Ping for a breach",
    shown: "Ping|ACK with another value: Go Away(1)",
    mark: "by construction",
    ours: "a Ping is answered once",
    run: unaskedAnswer,
  },
  {
    id: "Y9",
    library,
    does: "drops the connection on any Go Away; its own close sends Go Away(0) and nothing for open streams",
    shown:
      "Go Away(0): the transport ends, a reader's end is clean. Its close: Go Away(0), no FIN, the end",
    mark: "tested",
    ours: "Go Away is sent last: we drain with streams in flight; they close in the middle",
    run: anyGoAway,
  },
  {
    id: "Y10",
    library,
    does: "holds a whole Data frame before it delivers any, and ends the connection over one of more than 1 MiB",
    shown: "half a frame: nothing to read; a header with 1 048 577: the transport ends",
    mark: "by construction",
    ours: "our frames have at most 64 KiB",
    run: wholeFrames,
  },
  {
    id: "Y11",
    library,
    does: "shows the loss of the connection to readers as a clean end",
    shown: "the end of the transport, without FIN: clean",
    mark: "open",
    ours: "nothing that our sessions send can help; ours report an error",
    run: cleanLoss,
  },
  {
    id: "Y12",
    library,
    does: "stops reading while an answer of its own waits for the transport",
    shown: "nobody reads what it sends, a Ping: SYN behind it is not seen; read on: it is",
    mark: "tested",
    ours: "ours read always: both fill all windows before anybody reads",
    run: stopsReading,
  },
  {
    id: "Y13",
    library,
    does: "sends a Ping at once and concludes nothing from a missing answer",
    shown: "the first frame is a Ping; unanswered, and it goes on",
    mark: "tested",
    ours: "pings each way",
    run: firstPing,
  },
  {
    id: "Y14",
    library,
    does: "doubles its window when half of it is read within two round trips; never before it knows one",
    shown:
      "131 072 bytes: an increment as large; a round trip of 200 ms, and the same: 262 144 more",
    mark: "tested",
    ours: "their window grows",
    run: growingWindow,
  },
  {
    id: "Y15",
    library,
    does: "waits with opening while 256 of its streams are unacknowledged",
    shown: "256 opens, and one that waits for an ACK",
    mark: "tested",
    ours: "1 000 streams each way",
    run: openingWaits,
  },
  {
    id: "Y16",
    library,
    does: "adds 262 144 to the credit of a SYN modulo 2³²",
    shown: "SYN with 2³²−1: 262 143 bytes come",
    mark: "by construction",
    ours: "a window is never announced as large",
    run: wrappingCredit,
  },
  {
    id: "Y17",
    library,
    does: "sends at most 16 KiB in one Data frame",
    shown: "a write of 100 000 bytes",
    mark: "tested",
    ours: "echo of 32 MiB",
    run: shortFrames,
  },
  {
    id: "Y18",
    library,
    does: "accepts Data after FIN",
    shown: "FIN, Data: the reader gets it",
    mark: "by construction",
    ours: "a write after the end fails with WRITE_AFTER_END",
    run: dataAfterFin,
  },
  {
    id: "Y19",
    library,
    does: "ends its whole connection, without a word, when its application opens a stream beyond its limit",
    shown: "a limit of 2, a third open: it fails, and the transport ends",
    mark: "open",
    ours: "nothing that our sessions send can help; a limit of ours is below it",
    run: opensTooMany,
  },
];

async function lazyOpening(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const id = cell.theirId(0);
  const there = await probe.remote.open();
  assert.deepEqual(await framesOf(probe, id), []);
  await there.write({ hex: "2a" });
  assert.deepEqual(await probe.raw.nextOf(id), data(id, "SYN", "*"));
}

async function lateAcknowledging(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  assert.deepEqual(await framesOf(probe, cell.id(0)), []);
  await there.write({ hex: "2a" });
  assert.deepEqual(await probe.raw.nextOf(cell.id(0)), data(cell.id(0), "ACK", "*"));

  const dropped = await opened(probe, cell.id(1));
  probe.raw.send(update(cell.id(1), "FIN"));
  await probe.raw.checkReads();
  await dropped.reset();
  assert.deepEqual(await probe.raw.nextOf(cell.id(1)), data(cell.id(1), "FIN"));
}

async function endsUnopened(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRawYamux();
  await (await remote.open()).closeWrite();
  assert.deepEqual(await raw.nextOf(cell.theirId(0)), data(cell.theirId(0), "FIN"));
  await (await remote.open()).reset();
  assert.deepEqual(await raw.nextOf(cell.theirId(1)), data(cell.theirId(1), "RST"));
}

async function resets(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const { raw } = probe;
  await (await opened(probe, cell.id(0))).closeWrite();
  assert.deepEqual(await raw.nextOf(cell.id(0)), data(cell.id(0), "ACK FIN"));
  await (await opened(probe, cell.id(1))).reset();
  assert.deepEqual(await raw.nextOf(cell.id(1)), data(cell.id(1), "RST"));

  const there = await opened(probe, cell.id(2));
  raw.send(data(cell.id(2), "", "kept"), update(cell.id(2), "RST", 7));
  await raw.checkReads();
  const got = await there.receive();
  assert.deepEqual([got.bytes, got.end], [4, "clean"]);
  assert.notEqual((await there.write({ hex: "2a" })).end, "clean");
}

async function streamLimit(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux({ streamLimit: 1 });
  await opened(probe, cell.id(0));
  probe.raw.send(update(cell.id(1), "SYN"));
  assert.equal(await probe.raw.nextGoAway(), 1);
  probe.raw.send(data(cell.id(2), "SYN", "*"));
  assert.equal(await probe.raw.nextGoAway(), 2);
  await probe.raw.checkReads();
}

async function unknownStream(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  probe.raw.send(data(cell.id(7), "", "anybody there?"));
  assert.deepEqual(await framesOf(probe, cell.id(7)), []);

  const there = await opened(probe, cell.id(0));
  await there.closeWrite();
  await probe.raw.nextWith(cell.id(0), "FIN");
  await there.reset();
  probe.raw.send(data(cell.id(0), "", new Uint8Array(200_000)));
  assert.deepEqual(await framesOf(probe, cell.id(0)), []);
}

async function breaches(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const { raw } = probe;
  await opened(probe, cell.id(0));
  const wrong: Frame[] = [
    update(cell.theirId(50), "SYN"),
    update(cell.id(0), "SYN"),
    data(cell.id(0), "", new Uint8Array(WINDOW + 1)),
    update(cell.id(0), "", 0xffffffff),
  ];
  for (const frame of wrong) {
    raw.send(frame);
    assert.equal(await raw.nextGoAway(), 1);
    await raw.checkReads();
  }
  raw.sendHex("01 00 0000 00000000 00000000");
  await endsWith(probe);
}

async function unaskedAnswer(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const asked = await firstOf(probe);
  assert.ok(asked.type === "ping");
  probe.raw.send(ping((asked.value + 1) >>> 0, true));
  assert.equal(await probe.raw.nextGoAway(), 1);
  probe.raw.send(ping(asked.value, true), ping(asked.value, true));
  assert.equal(await probe.raw.nextGoAway(), 1);
  await probe.raw.checkReads();
}

async function anyGoAway(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  probe.raw.send(goAway(0));
  await endsWith(probe);
  assert.equal((await there.receive()).end, "clean");

  const closing = await cell.connectRawYamux();
  await opened(closing, cell.id(0));
  await closing.remote.end();
  await closing.raw.ended;
  const said = closing.raw.take().filter(({ type }) => type !== "ping");
  assert.deepEqual(said, [goAway(0)]);
}

async function wholeFrames(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const id = idHex(cell.id(0));
  const there = await opened(probe, cell.id(0));
  probe.raw.sendHex(`00 00 0000 ${id} 00000002 2a`);
  const reading = there.read();
  await stillWaits(reading);
  probe.raw.sendHex("2a");
  assert.equal((await reading).hex, "2a2a");
  probe.raw.sendHex(`00 00 0000 ${id} 00100001`);
  await endsWith(probe);
}

async function cleanLoss(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  probe.raw.end();
  assert.equal((await there.receive()).end, "clean");
}

async function stopsReading(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  probe.raw.send(update(cell.id(0), "", 64 * MEBIBYTE));
  await probe.raw.checkReads();
  probe.raw.pause();
  // This write ends with the process.
  there.write({ bytes: 64 * MEBIBYTE, seed: 1 }).catch(() => undefined);
  await sleep(500);
  // Two pings, because one may have found a place before the frame that is stuck.
  probe.raw.send(ping(1), ping(2), update(cell.id(1), "SYN"));
  const accepting = probe.remote.accept();
  await stillWaits(accepting);
  probe.raw.resume();
  assert.equal((await accepting).wireId, cell.id(1));
}

async function firstPing(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  assert.equal((await firstOf(probe)).type, "ping");
  const another = probe.raw.next((frame) => frame.type === "ping" && !frame.ack);
  await stillWaits(Promise.race([another, probe.raw.ended]));
  await probe.raw.checkReads();
}

async function growingWindow(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const { raw } = probe;
  const asked = await firstOf(probe);
  assert.ok(asked.type === "ping");
  const bytes = WINDOW / 2;
  const increments: number[] = [];
  for (const n of [0, 1]) {
    const there = await opened(probe, cell.id(n));
    there.receive().catch(() => undefined);
    raw.send(data(cell.id(n), "", new Uint8Array(bytes)));
    const frame = await raw.nextOf(cell.id(n));
    assert.ok(frame.type === "windowUpdate");
    increments.push(frame.increment);
    // The peer measures this as the round trip.
    await sleep(200);
    if (n === 0) raw.send(ping(asked.value, true));
  }
  assert.deepEqual(increments, [bytes, bytes + WINDOW]);
}

async function openingWaits(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRawYamux();
  for (let n = 0; n < 256; n++) await remote.open();
  const next = remote.open();
  await stillWaits(next);
  raw.send(update(cell.theirId(0), "ACK"));
  assert.equal((await next).wireId, cell.theirId(256));
}

async function wrappingCredit(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  probe.raw.send(update(cell.id(0), "SYN", 0xffffffff));
  const there = await probe.remote.accept();
  const writing = there.write({ bytes: WINDOW, seed: 1 });
  await probe.raw.takeBytes(cell.id(0), WINDOW - 1);
  await stillWaits(writing);
}

async function shortFrames(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  await there.write({ bytes: 100_000, seed: 1, piece: 100_000 });
  for (let left = 100_000; left > 0; ) {
    const { length } = (await probe.raw.nextData(cell.id(0))).body;
    assert.equal(length, Math.min(left, 16_384));
    left -= length;
  }
}

async function dataAfterFin(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  probe.raw.send(update(cell.id(0), "FIN"), data(cell.id(0), "", "late"));
  await probe.raw.checkReads();
  assert.equal((await there.receive()).bytes, 4);
}

async function opensTooMany(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux({ streamLimit: 2 });
  await probe.remote.open();
  await probe.remote.open();
  await assert.rejects(probe.remote.open(), /maximum number of streams/);
  await endsWith(probe);
}

/** The first frame that the peer sends. */
function firstOf({ raw }: YamuxProbe): Promise<Frame> {
  return raw.next(() => true);
}
