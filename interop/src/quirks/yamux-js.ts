// Quirks of @libp2p/yamux.

import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cell, stillWaits } from "../cell.ts";
import { data, goAway, ping, update } from "../raw-yamux.ts";
import type { RemoteStream } from "../remote-stream.ts";
import type { Quirk } from "../scenario.ts";
import { endsWith, framesOf, idHex, opened, WINDOW, type YamuxProbe } from "./yamux-probe.ts";

const MEBIBYTE = 1024 * 1024;
const library = "yamux-js";

/** Bytes of credit that the library keeps back for the header of each frame, although a header needs no credit. */
const HEADER = 12;

export const yamuxJs: readonly Quirk[] = [
  {
    id: "L1",
    library,
    does: "opens with an empty Window Update|SYN",
    shown: "open: SYN without credit",
    mark: "tested",
    ours: "they write on their second stream first",
    run: opening,
  },
  {
    id: "L2",
    library,
    does: "refuses more than 1 000 streams with Window Update|RST",
    shown: "a limit of 2, a third SYN: an RST",
    mark: "tested",
    ours: "their accept queue overflows",
    run: streamLimit,
  },
  {
    id: "L3",
    library,
    does: "acknowledges with its first frame, also one that returns credit; never if it was paused before",
    shown:
      "SYN, accept: nothing; Data: Window Update|ACK. SYN, pause, Data: nothing; go on: credit without ACK",
    mark: "tested",
    ours: "they acknowledge late; 256 streams that they do not acknowledge",
    run: lateAcknowledging,
  },
  {
    id: "L4",
    library,
    does: "handles FIN before it stores the body of the same frame, and drops that if it has closed, too",
    shown: "close there, Data|FIN: the reader gets no bytes, and a clean end",
    mark: "by construction",
    ours: "FIN is sent on an empty Window Update",
    run: finBeforeBody,
  },
  {
    id: "L5",
    library,
    does: "sends RST without a code, and ignores ours",
    shown:
      "reset there: Window Update|RST of length 0; RST with length 7: the reader gets an error",
    mark: "tested",
    ours: "we reset before data: their reader; they reset …",
    run: resets,
  },
  {
    id: "L6",
    library,
    does: "ends the session on an answer that it has not asked for, and on a Ping with other flags",
    shown: "Ping|ACK; a Ping with SYN and a flag that has no meaning: Go Away(1), and the end",
    mark: "by construction",
    ours: "a Ping is answered once, with ACK alone",
    run: unaskedAnswer,
  },
  {
    id: "L7",
    library,
    does: "returns credit for each Data frame as it arrives, unless it is paused; resets a stream with 4 MiB unread",
    shown: "three frames that nobody reads: three increments. A grown window, paused, 5 MiB: RST",
    mark: "tested",
    ours: "64 MiB to a slow reader there",
    run: credit,
  },
  {
    id: "L8",
    library,
    does: "ends the session on Data beyond the window",
    shown: "262 145 bytes: RST for the stream, Go Away(1), and the end",
    mark: "by construction",
    ours: "the window is never exceeded",
    run: overrun,
  },
  {
    id: "L9",
    library,
    does: "ignores what comes for streams that it does not know",
    shown: "Data, Window Update and FIN on an unknown id: nothing comes",
    mark: "by construction",
    ours: "writes that wait for credit have `writeTimeout`",
    run: unknownStream,
  },
  {
    id: "L10",
    library,
    does: "takes Go Away(0) for the end of the transport, and says nothing; answers others by RST and Go Away",
    shown:
      "Go Away(0): a reader's end is clean, a writer fails, the transport stays. Go Away(2): RST, Go Away(0)",
    mark: "tested",
    ours: "Go Away is sent last: we drain with streams in flight",
    run: anyGoAway,
  },
  {
    id: "L11",
    library,
    does: "says Go Away(0) for errors that are not of its own classes",
    shown: "SYN with an id of its own: Go Away(0), and the end",
    mark: "open",
    ours: "0 is not taken for a proof of success, and is all that comes",
    run: normalError,
  },
  {
    id: "L12",
    library,
    does: "holds a whole Data frame before it delivers any",
    shown: "half a frame: nothing to read",
    mark: "by construction",
    ours: "our frames have at most 64 KiB",
    run: wholeFrames,
  },
  {
    id: "L13",
    library,
    does: "sends as much in a frame as the window allows, less 12 bytes",
    shown: "a write of 262 144 bytes: frames of 262 132 and 12",
    mark: "tested",
    ours: "they write a whole window at once",
    run: longFrames,
  },
  {
    id: "L14",
    library,
    does: "takes SYN on a stream that exists for an ordinary frame",
    shown: "SYN twice, Data: read",
    mark: "by construction",
    ours: "an id is never used again",
    run: secondSyn,
  },
  {
    id: "L15",
    library,
    does: "sends a Ping at once, one at a time, and concludes nothing from a missing answer",
    shown: "a Ping each 30 ms: one, and no other before it is answered",
    mark: "tested",
    ours: "their keep-alive, and we are there",
    run: keepAlive,
  },
  {
    id: "L16",
    library,
    does: "sends FIN on an empty Window Update, and ignores a second one of ours",
    shown: "close: Window Update|ACK|FIN; FIN twice: it goes on",
    mark: "tested",
    ours: "half-close by them first",
    run: fin,
  },
  {
    id: "L17",
    library,
    does: "doubles its window up to 16 MiB when credit was returned within four round trips",
    shown: "a round trip of 200 ms, ten frames: 16 MiB may be outstanding",
    mark: "tested",
    ours: "their window grows",
    run: growingWindow,
  },
  {
    id: "L18",
    library,
    does: "does not limit its ids, and would send them modulo 2³²",
    shown: "not in a reasonable time",
    mark: "by construction",
    ours: "a SYN whose id is in use is refused: tests of core",
  },
  {
    id: "L19",
    library,
    does: "with a larger initial window of its own, assumes that we grant as much",
    shown: "1 MiB, and no credit: 1 MiB comes",
    mark: "open",
    ours: "an overrun: the stream is reset; leave that option alone",
    run: assumedWindow,
  },
  {
    id: "L20",
    library,
    does: "opens without waiting for acknowledgements",
    shown: "300 opens: 300 SYNs",
    mark: "tested",
    ours: "our accept queue overflows; `acceptBacklog` in 1 000 streams each way",
    run: opensAtOnce,
  },
  {
    id: "L21",
    library,
    does: "says nothing when its application stops reading: what comes is dropped, and its credit returned",
    shown: "close there, Data: FIN, and an increment",
    mark: "open",
    ours: "nothing on the wire tells us",
    run: closesReading,
  },
  {
    id: "L22",
    library,
    does: "does not go on writing with 12 bytes of credit or fewer",
    shown: "a write beyond the window; 12 bytes more: nothing; one more: 13 bytes come",
    mark: "by construction",
    ours: "credit is returned in large pieces: the tests of core for windows",
    run: littleCredit,
  },
];

async function opening(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRawYamux();
  await remote.open();
  assert.deepEqual(await raw.nextOf(cell.theirId(0)), update(cell.theirId(0), "SYN"));
}

async function streamLimit(cell: Cell): Promise<void> {
  const { raw } = await cell.connectRawYamux({ streamLimit: 2 });
  for (let n = 0; n < 3; n++) raw.send(update(cell.id(n), "SYN"));
  assert.deepEqual(await raw.nextOf(cell.id(2)), update(cell.id(2), "RST"));
  await raw.checkReads();
}

async function lateAcknowledging(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  await opened(probe, cell.id(0));
  assert.deepEqual(await framesOf(probe, cell.id(0)), []);
  probe.raw.send(data(cell.id(0), "", "*"));
  assert.deepEqual(await probe.raw.nextOf(cell.id(0)), update(cell.id(0), "ACK", 1));

  const there = await opened(probe, cell.id(1));
  await there.pause();
  probe.raw.send(data(cell.id(1), "", "*"));
  assert.deepEqual(await framesOf(probe, cell.id(1)), []);
  await there.resume();
  assert.deepEqual(await probe.raw.nextOf(cell.id(1)), update(cell.id(1), "", 1));
}

async function finBeforeBody(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  await there.closeWrite();
  probe.raw.send(data(cell.id(0), "FIN", "lost"));
  const got = await there.receive();
  assert.deepEqual([got.bytes, got.end], [0, "clean"]);
}

async function resets(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  await (await opened(probe, cell.id(0))).reset();
  assert.deepEqual(await probe.raw.nextOf(cell.id(0)), update(cell.id(0), "RST"));

  const there = await opened(probe, cell.id(1));
  probe.raw.send(update(cell.id(1), "RST", 7));
  const { end } = await there.receive();
  assert.deepEqual(end, { code: null, text: "The stream has been reset" });
}

async function unaskedAnswer(cell: Cell): Promise<void> {
  const unasked = await cell.connectRawYamux();
  unasked.raw.send(ping(7, true));
  await endsWith(unasked, 1);

  const flags = await cell.connectRawYamux();
  flags.raw.sendHex("00 02 0011 00000000 00000007");
  await endsWith(flags, 1);
}

async function credit(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux({ keepAlive: 60_000 });
  const id = cell.id(0);
  const there = await opened(probe, id);
  for (let n = 0; n < 3; n++) probe.raw.send(data(id, "", "*"));
  for (let n = 0; n < 3; n++) {
    assert.deepEqual(await probe.raw.nextOf(id), update(id, n === 0 ? "ACK" : "", 1));
  }
  await grow(probe, id, there);
  await there.pause();
  for (let n = 0; n < 5; n++) probe.raw.send(data(id, "", new Uint8Array(MEBIBYTE)));
  await probe.raw.nextWith(id, "RST");
  await probe.raw.checkReads();
}

/**
 * Answers the first Ping of the library late. Then it sends so few bytes so fast that the library takes its window for
 * too small.
 */
async function grow({ raw }: YamuxProbe, id: number, there: RemoteStream): Promise<number> {
  const asked = await raw.next(({ type }) => type === "ping");
  assert.ok(asked.type === "ping");
  await sleep(200);
  raw.send(ping(asked.value, true));
  let granted = 0;
  for (let n = 0; n < 10; n++) {
    raw.send(data(id, "", "*"));
    const frame = await raw.nextOf(id);
    assert.ok(frame.type === "windowUpdate");
    granted += frame.increment - 1;
    await there.read();
  }
  return granted;
}

async function overrun(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  await opened(probe, cell.id(0));
  probe.raw.send(data(cell.id(0), "", new Uint8Array(WINDOW + 1)));
  await probe.raw.nextWith(cell.id(0), "RST");
  await endsWith(probe, 1);
}

async function unknownStream(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const id = cell.id(7);
  probe.raw.send(data(id, "", "anybody there?"), update(id, "", 1), update(id, "FIN"));
  assert.deepEqual(await framesOf(probe, id), []);
}

async function anyGoAway(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  probe.raw.send(goAway(0));
  assert.equal((await there.receive()).end, "clean");
  assert.notEqual((await there.write({ hex: "2a" })).end, "clean");
  await stillWaits(Promise.race([probe.raw.next(() => true), probe.raw.ended]));

  const failing = await cell.connectRawYamux();
  await opened(failing, cell.id(0));
  failing.raw.send(goAway(2));
  await failing.raw.nextWith(cell.id(0), "RST");
  assert.equal(await failing.raw.nextGoAway(), 0);
}

async function normalError(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  probe.raw.send(update(cell.theirId(50), "SYN"));
  await endsWith(probe, 0);
}

async function wholeFrames(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  probe.raw.sendHex(`00 00 0000 ${idHex(cell.id(0))} 00000002 2a`);
  const reading = there.read();
  await stillWaits(reading);
  probe.raw.sendHex("2a");
  assert.equal((await reading).hex, "2a2a");
}

async function longFrames(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  await there.write({ bytes: WINDOW, seed: 1, piece: WINDOW });
  for (const length of [WINDOW - HEADER, HEADER]) {
    assert.equal((await probe.raw.nextData(cell.id(0))).body.length, length);
  }
}

async function secondSyn(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  probe.raw.send(data(cell.id(0), "SYN", "*"));
  assert.equal((await there.read()).hex, "2a");
}

async function keepAlive(cell: Cell): Promise<void> {
  const { raw } = await cell.connectRawYamux({ keepAlive: 30 });
  const first = await raw.next(() => true);
  assert.deepEqual(first, ping(0));
  const second = raw.next(({ type }) => type === "ping");
  await stillWaits(Promise.race([second, raw.ended]));
  raw.send(ping(0, true));
  assert.deepEqual(await second, ping(1));
}

async function fin(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  probe.raw.send(update(cell.id(0), "FIN"), update(cell.id(0), "FIN"));
  await probe.raw.checkReads();
  await there.closeWrite();
  assert.deepEqual(await probe.raw.nextOf(cell.id(0)), update(cell.id(0), "ACK FIN"));
}

async function growingWindow(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux({ keepAlive: 60_000 });
  const there = await opened(probe, cell.id(0));
  assert.equal(await grow(probe, cell.id(0), there), 16 * MEBIBYTE - WINDOW);
}

async function assumedWindow(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux({ initialWindow: MEBIBYTE });
  const there = await opened(probe, cell.id(0));
  await there.write({ bytes: MEBIBYTE, seed: 1 });
  await probe.raw.takeBytes(cell.id(0), MEBIBYTE);
}

async function opensAtOnce(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRawYamux();
  for (let n = 0; n < 300; n++) await remote.open();
  await raw.nextWith(cell.theirId(299), "SYN");
}

async function closesReading(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  await there.close();
  await probe.raw.nextWith(cell.id(0), "FIN");
  probe.raw.send(data(cell.id(0), "", "*"));
  assert.deepEqual(await probe.raw.nextOf(cell.id(0)), update(cell.id(0), "", 1));
}

async function littleCredit(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const { raw } = probe;
  const id = cell.id(0);
  const there = await opened(probe, id);
  // This write ends with the process.
  there.write({ bytes: WINDOW + 100, seed: 1, piece: WINDOW + 100 }).catch(() => undefined);
  await raw.takeBytes(id, WINDOW);
  raw.send(update(id, "", HEADER));
  assert.deepEqual(await framesOf(probe, id), []);
  raw.send(update(id, "", 1));
  await raw.takeBytes(id, HEADER + 1);
}
