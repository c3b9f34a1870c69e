// Quirks of hashicorp's yamux.

import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cell, stillWaits } from "../cell.ts";
import { data, goAway, ping, update } from "../raw-yamux.ts";
import type { Quirk } from "../scenario.ts";
import { endsWith, framesOf, opened, WINDOW } from "./yamux-probe.ts";

const MEBIBYTE = 1024 * 1024;
const library = "yamux-go";

export const yamuxGo: readonly Quirk[] = [
  {
    id: "H1",
    library,
    does: "opens with an empty Window Update|SYN that announces its larger window; not before fewer than its backlog are unacknowledged",
    shown: "window of 1 MiB, backlog of 2: SYN with 786 432 bytes; the third open waits for an ACK",
    mark: "tested",
    ours: "they announce a window of 1 MiB; 1 000 streams each way",
    run: opening,
  },
  {
    id: "H2",
    library,
    does: "refuses a stream beyond its backlog with Window Update|RST of length 0",
    shown: "backlog of 1, two SYNs: an RST for the second",
    mark: "tested",
    ours: "their accept queue overflows; 256 streams that they do not acknowledge",
    run: backlog,
  },
  {
    id: "H3",
    library,
    does: "acknowledges when its application accepts; ends the session if its own stream is not acknowledged in 75 s",
    shown:
      "SYN: no ACK before the accept; a limit of 100 ms and a stream without ACK: the transport ends",
    mark: "tested",
    ours: "what waits for `accept` longer is refused: `acceptTimeout`; 1 000 streams each way",
    run: acknowledging,
  },
  {
    id: "H4",
    library,
    does: "never acknowledges a stream whose FIN came before its application accepted",
    shown: "SYN, FIN, accept: no frame",
    mark: "tested",
    ours: "the end of a stream acknowledges it: tests of core",
    run: neverAcknowledged,
  },
  {
    id: "H5",
    library,
    does: "takes a repeated ACK for one of another stream",
    shown: "backlog of 2, one stream acknowledged twice: two more can be opened",
    mark: "by construction",
    ours: "ACK is sent once",
    run: repeatedAck,
  },
  {
    id: "H6",
    library,
    does: "handles FIN before it stores the body of the same frame: a reader may be told of the end first",
    shown:
      "a race, lost by two of 76 850 readers that were reading as such a frame came; too rare to be run",
    mark: "by construction",
    ours: "FIN is sent on an empty Window Update",
  },
  {
    id: "H7",
    library,
    does: "ends the session on a second FIN",
    shown: "FIN twice: the transport ends",
    mark: "by construction",
    ours: "FIN is sent once",
    run: secondFin,
  },
  {
    id: "H8",
    library,
    does: "returns credit in halves of its window, also after FIN",
    shown: "200 000 bytes and FIN: while they are read, a Window Update",
    mark: "tested",
    ours: "half-close by us first; reply only after the whole request",
    run: creditAfterFin,
  },
  {
    id: "H9",
    library,
    does: "throws away what is unread when an RST comes, whose length it ignores",
    shown: "Data, RST with length 7: the reader gets no bytes, and an error",
    mark: "open",
    ours: "nothing can be done for bytes in front of a reset; half-close instead",
    run: resetLosesBytes,
  },
  {
    id: "H10",
    library,
    does: "drops what comes for streams that it does not know, without an answer",
    shown: "Data, Window Update and FIN on an unknown id: nothing comes",
    mark: "by construction",
    ours: "writes that wait for credit have `writeTimeout`",
    run: unknownStream,
  },
  {
    id: "H11",
    library,
    does: "adds credit modulo 2³²; checks no parity",
    shown: "an increment of 2³²−1: 262 143 bytes come; SYN with an id of its own: accepted",
    mark: "by construction",
    ours: "never granted, and its ids not used",
    run: wrappingCredit,
  },
  {
    id: "H12",
    library,
    does: "closes at once on a breach, so that its Go Away may stay behind; on a wrong version or type sends none",
    shown:
      "an overrun, SYN twice: the transport ends. A wrong version, a wrong type: it ends without a frame",
    mark: "by construction",
    ours: "no such frame is sent",
    run: breaches,
  },
  {
    id: "H13",
    library,
    does: "closes without a Go Away; takes Go Away(0) for the end of opening alone, any other code for the end",
    shown:
      "its close: the end of the transport. Our Go Away(0): its open fails, a stream goes on; (1): the end",
    mark: "tested",
    ours: "they close in the middle; we say GOAWAY and go on; they say GOAWAY and go on",
    run: ends,
  },
  {
    id: "H14",
    library,
    does: "stops reading when 64 frames wait to be written and one more is due from its reading loop",
    shown: "nobody reads what it sends, 99 streams are refused: Data behind them is not read",
    mark: "tested",
    ours: "both fill all windows before anybody reads",
    run: stopsReading,
  },
  {
    id: "H15",
    library,
    does: "shows the loss of the session to readers as a clean end",
    shown: "the end of the transport, without FIN: clean",
    mark: "open",
    ours: "nothing that our sessions send can help; ours report an error",
    run: cleanLoss,
  },
  {
    id: "H16",
    library,
    does: "takes any Ping without SYN for an answer, and ignores one that matches nothing",
    shown:
      "Ping without flags, with ACK, and with SYN on a stream: only the last is answered, on stream 0",
    mark: "tested",
    ours: "pings each way",
    run: oddPings,
  },
  {
    id: "H17",
    library,
    does: "closes the session if its Ping is not answered in time",
    shown: "a Ping each 30 ms, 200 ms for the answer: one Ping, and the end of the transport",
    mark: "tested",
    ours: "their keep-alive, and we are there",
    run: keepAlive,
  },
  {
    id: "H18",
    library,
    does: "sends as much in a frame as the window allows, header and body apart",
    shown: "a write of 262 144 bytes: writes of 12 and 262 144",
    mark: "tested",
    ours: "they write a whole window at once",
    run: longFrames,
  },
  {
    id: "H19",
    library,
    does: "goes on reading what it has closed; resets it if no FIN comes in 5 minutes",
    shown: "close there, Data: read; a limit of 200 ms: RST",
    mark: "tested",
    ours: "they close while we send; they reset …",
    run: closesHalf,
  },
  {
    id: "H20",
    library,
    does: "allocates a buffer of the declared length for the first Data of a stream",
    shown: "not to be seen from outside",
    mark: "by construction",
    ours: "our frames are shorter than our chunks",
  },
  {
    id: "H21",
    library,
    does: "opens streams up to the id 4 294 967 293",
    shown: "not in a reasonable time",
    mark: "by construction",
    ours: "ours stop there, too: tests of core",
  },
  {
    id: "H22",
    library,
    does: "fails a write that the transport does not take in 10 s, and sends it later all the same",
    shown:
      "nobody reads, a limit of 200 ms: a write fails with nothing written; read on: its bytes come",
    mark: "open",
    ours: "ours read always",
    run: lateWrite,
  },
];

async function opening(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRawYamux({ window: MEBIBYTE, backlog: 2 });
  await remote.open();
  const expected = update(cell.theirId(0), "SYN", MEBIBYTE - WINDOW);
  assert.deepEqual(await raw.nextOf(cell.theirId(0)), expected);
  await remote.open();
  const third = remote.open();
  await stillWaits(third);
  raw.send(update(cell.theirId(1), "ACK"));
  assert.equal((await third).wireId, cell.theirId(2));
}

async function backlog(cell: Cell): Promise<void> {
  const { raw } = await cell.connectRawYamux({ backlog: 1 });
  raw.send(update(cell.id(0), "SYN"), update(cell.id(1), "SYN"));
  assert.deepEqual(await raw.nextOf(cell.id(1)), update(cell.id(1), "RST"));
}

async function acknowledging(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  probe.raw.send(update(cell.id(0), "SYN"));
  assert.deepEqual(await framesOf(probe, cell.id(0)), []);
  await probe.remote.accept();
  assert.deepEqual(await probe.raw.nextOf(cell.id(0)), update(cell.id(0), "ACK"));

  const impatient = await cell.connectRawYamux({ openTimeout: 100 });
  await impatient.remote.open();
  await endsWith(impatient);
}

async function neverAcknowledged(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  probe.raw.send(update(cell.id(0), "SYN"), update(cell.id(0), "FIN"));
  await probe.raw.checkReads();
  await probe.remote.accept();
  assert.deepEqual(await framesOf(probe, cell.id(0)), []);
}

async function repeatedAck(cell: Cell): Promise<void> {
  const { raw, remote } = await cell.connectRawYamux({ backlog: 2 });
  await remote.open();
  await remote.open();
  const more = [remote.open(), remote.open()];
  await stillWaits(Promise.race(more));
  raw.send(update(cell.theirId(0), "ACK"), update(cell.theirId(0), "ACK"));
  await Promise.all(more);
}

async function secondFin(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  await opened(probe, cell.id(0));
  probe.raw.send(update(cell.id(0), "FIN"), update(cell.id(0), "FIN"));
  await probe.raw.ended;
}

async function creditAfterFin(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  await probe.raw.nextWith(cell.id(0), "ACK");
  probe.raw.send(data(cell.id(0), "", new Uint8Array(200_000)), update(cell.id(0), "FIN"));
  await probe.raw.checkReads();
  assert.equal((await there.receive()).bytes, 200_000);
  const frame = await probe.raw.nextOf(cell.id(0));
  assert.ok(frame.type === "windowUpdate" && frame.increment >= WINDOW / 2);
}

async function resetLosesBytes(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  probe.raw.send(data(cell.id(0), "", "lost"), update(cell.id(0), "RST", 7));
  await probe.raw.checkReads();
  const end = { code: null, text: "connection reset" };
  assert.deepEqual(await there.read(), { hex: "", end });
}

async function unknownStream(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const id = cell.id(7);
  probe.raw.send(data(id, "", "anybody there?"), update(id, "", 1), update(id, "FIN"));
  assert.deepEqual(await framesOf(probe, id), []);
}

async function wrappingCredit(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  probe.raw.send(update(cell.id(0), "", 0xffffffff));
  await probe.raw.checkReads();
  const writing = there.write({ bytes: WINDOW, seed: 1, piece: WINDOW });
  await probe.raw.takeBytes(cell.id(0), WINDOW - 1);
  await stillWaits(writing);
  probe.raw.send(update(cell.theirId(50), "SYN"));
  assert.equal((await probe.remote.accept()).wireId, cell.theirId(50));
}

async function breaches(cell: Cell): Promise<void> {
  const overrun = await cell.connectRawYamux();
  await opened(overrun, cell.id(0));
  overrun.raw.send(data(cell.id(0), "", new Uint8Array(WINDOW + 1)));
  await overrun.raw.ended;

  const duplicate = await cell.connectRawYamux();
  duplicate.raw.send(update(cell.id(0), "SYN"), update(cell.id(0), "SYN"));
  await duplicate.raw.ended;

  for (const header of ["01 00 0000", "00 04 0000"]) {
    const invalid = await cell.connectRawYamux();
    invalid.raw.sendHex(`${header} 00000000 00000000`);
    await endsWith(invalid);
  }
}

async function ends(cell: Cell): Promise<void> {
  const closing = await cell.connectRawYamux();
  await opened(closing, cell.id(0));
  await closing.remote.end();
  await closing.raw.ended;
  assert.deepEqual(closing.raw.take(), [update(cell.id(0), "ACK")]);

  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  probe.raw.send(goAway(0));
  await probe.raw.checkReads();
  await assert.rejects(probe.remote.open(), /not accepting connections/);
  await there.write({ hex: "2a" });
  await probe.raw.takeBytes(cell.id(0), 1);
  probe.raw.send(goAway(1));
  await endsWith(probe);
}

async function stopsReading(cell: Cell): Promise<void> {
  // A time limit that no machine reaches: a refusal that waits longer for room in the queue ends the peer's session.
  const limits = { backlog: 1, writeTimeout: 3_600_000 };
  const probe = await cell.connectRawYamux({ ...limits, logWrites: true });
  const there = await opened(probe, cell.id(0));
  probe.raw.send(update(cell.id(0), "", 64 * MEBIBYTE));
  await probe.raw.checkReads();
  probe.raw.pause();
  // This write ends with the process.
  const bytes = 64 * MEBIBYTE;
  there.write({ bytes, seed: 1, piece: bytes }).catch(() => undefined);
  // The peer logs a write before it makes it. This one is longer than all buffers on the way, so nothing follows it.
  while (!(await probe.remote.writes()).includes(bytes)) await sleep(10);
  // The peer refuses all but the first. Its queue has no room for all refusals.
  for (let n = 1; n <= 100; n++) probe.raw.send(update(cell.id(n), "SYN"));
  probe.raw.send(data(cell.id(0), "", "*"));
  const reading = there.read();
  await stillWaits(reading);
  probe.raw.resume();
  assert.equal((await reading).hex, "2a");
}

async function cleanLoss(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux();
  const there = await opened(probe, cell.id(0));
  probe.raw.end();
  assert.equal((await there.receive()).end, "clean");
}

async function oddPings(cell: Cell): Promise<void> {
  const { raw } = await cell.connectRawYamux();
  raw.sendHex("00 02 0000 00000000 00000007");
  raw.send(ping(8, true));
  raw.sendHex("00 02 0001 00000005 00000009");
  await raw.next((frame) => frame.type === "ping" && frame.ack && frame.value === 9);
  await raw.checkReads();
  assert.deepEqual(raw.take(), []);
}

async function keepAlive(cell: Cell): Promise<void> {
  const { raw } = await cell.connectRawYamux({ keepAlive: 30, writeTimeout: 200 });
  assert.deepEqual(await raw.next(() => true), ping(0));
  await raw.ended;
  assert.deepEqual(raw.take(), []);
}

async function longFrames(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux({ logWrites: true });
  const there = await opened(probe, cell.id(0));
  await probe.remote.writes();
  await there.write({ bytes: WINDOW, seed: 1, piece: WINDOW });
  assert.deepEqual(await probe.remote.writes(), [12, WINDOW]);
  assert.equal((await probe.raw.nextData(cell.id(0))).body.length, WINDOW);
}

async function closesHalf(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux({ closeTimeout: 200 });
  const there = await opened(probe, cell.id(0));
  await there.close();
  await probe.raw.nextWith(cell.id(0), "FIN");
  probe.raw.send(data(cell.id(0), "", "*"));
  assert.equal((await there.read()).hex, "2a");
  assert.deepEqual(await probe.raw.nextWith(cell.id(0), "RST"), update(cell.id(0), "RST"));
}

async function lateWrite(cell: Cell): Promise<void> {
  const probe = await cell.connectRawYamux({ writeTimeout: 200 });
  const there = await opened(probe, cell.id(0));
  probe.raw.send(update(cell.id(0), "", 64 * MEBIBYTE));
  await probe.raw.checkReads();
  probe.raw.pause();
  const all = 16 * MEBIBYTE;
  const written = await there.write({ bytes: all, seed: 1, piece: all });
  assert.deepEqual(written.end, { code: null, text: "connection write timeout" });
  assert.equal(written.bytes, 0);
  probe.raw.resume();
  await probe.raw.takeBytes(cell.id(0), all);
  await probe.raw.checkReads();
}
