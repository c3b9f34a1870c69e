// What a hostile peer may try, one rule each, on every wire: every limit is crossed by one and stayed below by one.
// What only one wire's layout allows to try stands behind its rule. The numbers are those of docs/threats.md.

import { muxado, type MuxadoError, type Stream, type Wire } from "@muxado/core";
import type { Frame } from "@muxado/frame";
import {
  ack,
  Random,
  type RawPeer,
  rawPeer,
  brief,
  bytes,
  contentOf,
  data,
  fin,
  goAway,
  ping,
  pong,
  reset,
  syn,
  synFin,
  increment,
  uncaughtIn,
  wires,
} from "@muxado/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Stream as InternalStream } from "../src/stream.ts";
import { takePieces } from "./taking.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

/** What an engine spends on one view and the memory behind it, apart from the bytes. */
const OVERHEAD_OF_A_PIECE = 200;

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Proves that nothing else on the session was harmed: a stream that comes now is served. */
async function expectUnharmed(peer: RawPeer, streamId = 9001): Promise<void> {
  peer.send(syn(streamId, "still"));
  const stream = await peer.session.accept();
  expect(stream.id).toBe(streamId);
  expect(stream.take()).toEqual(bytes("still"));
  await stream.write(bytes("here"));
  expect(contentOf(peer.take(), streamId)).toEqual(bytes("here"));
}

/** Proves that no deadline is left: the timer that watched them finds nothing, and is not set again. */
async function expectNothingDue(peer: RawPeer): Promise<void> {
  peer.take();
  await peer.advance(3_600_000);
  expect(peer.clock.timers).toEqual([]);
  expect(peer.take()).toEqual([]);
}

/** How `writing` has failed; undefined if it has not. */
function failureOf(writing: Promise<void>): Promise<MuxadoError | undefined> {
  return writing.then(
    () => undefined,
    (error: MuxadoError) => error,
  );
}

/** The line of a GOAWAY, as much of it as the wire can say. */
function goAwayLine(wire: Wire, lastStreamId: number, code: string): string {
  if (wire.name === "muxado") return `GOAWAY ${lastStreamId} ${code}`;
  return ["NO_ERROR", "INTERNAL_ERROR"].includes(code) ? `GOAWAY ${code}` : "GOAWAY PROTOCOL_ERROR";
}

/** A frame of Yamux's, whatever it says: encoders refuse some. */
function yamuxHeader(type: number, flags: number, streamId: number, length: number): Uint8Array {
  const header = new Uint8Array(12);
  const view = new DataView(header.buffer);
  view.setUint16(0, type);
  view.setUint16(2, flags);
  view.setUint32(4, streamId);
  view.setUint32(8, length);
  return header;
}

/** Types and flags of {@link yamuxHeader}. */
const [DATA, WINDOW_UPDATE, PING, GO_AWAY] = [0, 1, 2, 3] as const;
const [SYN, ACK, FIN, RST] = [1, 2, 4, 8] as const;

const [, { wire: yamux }] = wires as [unknown, { wire: Wire }];

/** Proves that the session has ended for a reason of the peer's making, and told it so. */
async function expectBreach(peer: RawPeer, code: "PROTOCOL_ERROR" | "ENHANCE_YOUR_CALM") {
  const last = peer.take().at(-1)!;
  const lastStreamId = last.type === "goAway" ? last.lastStreamId : -1;
  expect(brief([last])).toEqual([goAwayLine(peer.wire, lastStreamId, code)]);
  peer.end();
  const { localError, remoteError } = await peer.session.closed;
  expect(localError).toMatchObject({ code, scope: "session", origin: "remote" });
  expect(remoteError).toBeUndefined();
}

describe.each(wires)("1. oversized SYN, on $name", ({ wire }) => {
  it("of the whole initial window opens a stream", () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3, WINDOW));
    expect(peer.session.stats()).toMatchObject({ streamsReceived: 1, waitingForAccept: 1 });
    expect(peer.take()).toEqual([]);
  });

  it("of one byte more is reset, opens nothing and is not accepted", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3, WINDOW + 1));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
    expect(peer.session.stats()).toMatchObject({
      streamsReceived: 0,
      openStreams: 0,
      waitingForAccept: 0,
    });
    await expectUnharmed(peer);
  });

  it("is judged by the wire's initial window, also when ours is smaller or larger", () => {
    for (const windowSize of [KIB, 4 * WINDOW]) {
      const peer = rawPeer({ wire, windowSize });
      peer.send(syn(3, WINDOW), syn(5, WINDOW + 1));
      expect(brief(peer.take())).toContain("5: RST FLOW_CONTROL_ERROR");
      expect(peer.session.stats().streamsReceived).toBe(1);
    }
  });
});

describe("1. oversized SYN, in Yamux's layout", () => {
  it("of 4 GiB is reset with its header, and another of the same id is charged and not answered", async () => {
    const peer = rawPeer({ wire: yamux, maxProvokedResets: 1 });
    peer.sendBytes(yamuxHeader(DATA, SYN, 3, 0xffff_ffff));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
    expect(peer.session.stats()).toMatchObject({ streamsReceived: 0, memoryUnread: 0 });
    const other = rawPeer({ wire: yamux });
    other.send(syn(3, WINDOW + 1), syn(3));
    expect(brief(other.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
    await expectUnharmed(other);
  });

  it("counts in a frame that also acknowledges or ends", () => {
    for (const flags of [SYN | ACK, SYN | FIN, SYN | ACK | FIN]) {
      const peer = rawPeer({ wire: yamux });
      peer.sendBytes(yamuxHeader(DATA, flags, 3, WINDOW + 1));
      expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
      expect(peer.session.stats().streamsReceived).toBe(0);
    }
  });
});

describe.each(wires)("2. credit overflow, on $name", ({ wire }) => {
  it("does not happen up to 2³¹−1, on Yamux up to 2³²−1", () => {
    expect(wire.maxWindow).toBe(wire.name === "muxado" ? 2 ** 31 - 1 : 2 ** 32 - 1);
    const peer = rawPeer({ wire });
    peer.send(syn(3), increment(3, wire.maxWindow - WINDOW));
    expect(peer.take()).toEqual([]);
    expect(peer.session.stats().openStreams).toBe(1);
  });

  it("by one byte resets the stream and frees it", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    peer.send(increment(3, wire.maxWindow - WINDOW + 1));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
    expect(stream.error).toMatchObject({
      code: "FLOW_CONTROL_ERROR",
      scope: "stream",
      origin: "remote",
    });
    expect(peer.session.stats().openStreams).toBe(0);
    await expectUnharmed(peer);
  });

  it("never wraps: the largest grant after the largest grant is a breach too", () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3), increment(3, wire.maxWindow - WINDOW), increment(3, wire.maxWindow));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
  });

  it("is counted from what is left: spent credit may be granted again", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3), increment(3, wire.maxWindow - WINDOW));
    const stream = await peer.session.accept();
    await stream.write(bytes(10));
    peer.take();
    peer.send(increment(3, 10));
    expect(peer.take()).toEqual([]);
    peer.send(increment(3, 1));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
  });
});

describe("2. credit overflow, in Yamux's layout", () => {
  it("by the credit that comes with SYN, or with FIN, resets the stream", async () => {
    const peer = rawPeer({ wire: yamux });
    const most = 0xffff_ffff - WINDOW;
    peer.sendBytes(yamuxHeader(WINDOW_UPDATE, SYN, 3, most));
    peer.sendBytes(yamuxHeader(WINDOW_UPDATE, SYN, 5, most + 1));
    peer.send(syn(7));
    peer.sendBytes(yamuxHeader(WINDOW_UPDATE, FIN, 7, most + 1));
    const resets = ["5: RST FLOW_CONTROL_ERROR", "7: RST FLOW_CONTROL_ERROR"];
    expect(brief(peer.take())).toEqual(resets);
    expect(peer.session.stats().openStreams).toBe(1);
    await peer.session.accept();
    await peer.session.accept();
    await peer.session.accept();
    await expectUnharmed(peer);
  });

  it("does not happen to a stream that has ended: credit after FIN, or for nobody, is harmless", async () => {
    const peer = rawPeer({ wire: yamux });
    peer.send(synFin(3), increment(3, 0xffff_ffff - WINDOW));
    const stream = await peer.session.accept();
    await stream.write(bytes("answer"));
    await stream.close();
    peer.take();
    peer.send(increment(3, 0xffff_ffff), increment(5, 0xffff_ffff));
    expect(peer.take()).toEqual([]);
    await expectUnharmed(peer);
  });
});

describe.each(wires)("3. negative window, on $name", ({ wire }) => {
  it("does not happen: a body may use up what is left", () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3, WINDOW - 10), data(3, 10));
    expect(peer.take()).toEqual([]);
  });

  it("of one byte is a breach, though something is left", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3, WINDOW - 10));
    const stream = await peer.session.accept();
    peer.send(data(3, 11));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
    expect(stream.error).toMatchObject({ code: "FLOW_CONTROL_ERROR", origin: "remote" });
    // Nothing of the body that overran is delivered; what came before is.
    expect(Buffer.concat(takeAllThenError(stream))).toHaveLength(WINDOW - 10);
    await expectUnharmed(peer);
  });

  it("is a breach when nothing is left", () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3, WINDOW), data(3, 1));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
  });

  function takeAllThenError(stream: Stream): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    expect(() => {
      for (;;) pieces.push(stream.take()!);
    }).toThrow("flow control");
    return pieces;
  }
});

describe.each(wires)("4. rapid reset, on $name", ({ wire }) => {
  /** Opens a stream and resets it at once; with another id each time. */
  function openAndReset(peer: RawPeer, times: number, first = 3): void {
    for (let count = 0; count < times; count++) {
      const id = first + 2 * count;
      peer.send(syn(id), reset(id, "STREAM_CANCELLED"));
    }
  }

  it("as often as the limit says harms nobody", async () => {
    const peer = rawPeer({ wire, maxRapidResets: 3 });
    openAndReset(peer, 3);
    for (let times = 0; times < 3; times++) await peer.session.accept();
    expect(peer.take()).toEqual([]);
    await expectUnharmed(peer);
  });

  it("once more ends the session", async () => {
    const peer = rawPeer({ wire, maxRapidResets: 3 });
    openAndReset(peer, 4);
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("is allowed 10 000 times by default", async () => {
    const peer = rawPeer({ wire, acceptBacklog: Infinity });
    openAndReset(peer, 10_000);
    expect(peer.take()).toEqual([]);
    openAndReset(peer, 1, 99_999);
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("is counted also when the streams were accepted, and work has begun for nothing", async () => {
    const peer = rawPeer({ wire, maxRapidResets: 3 });
    for (const id of [3, 5, 7, 9]) {
      peer.send(syn(id, "work"));
      await peer.session.accept();
      peer.send(reset(id, "STREAM_CANCELLED"));
    }
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("is not a reset of a stream that was answered, nor of one of ours", async () => {
    const peer = rawPeer({ wire, maxRapidResets: 0 });
    for (const id of [3, 5, 7, 9]) {
      peer.send(syn(id));
      await (await peer.session.accept()).write(bytes(1));
      const own = peer.session.open();
      peer.take();
      peer.send(reset(id, "STREAM_CANCELLED"), reset(own.id, "STREAM_CANCELLED"));
    }
    expect(peer.take()).toEqual([]);
    await expectUnharmed(peer);
  });

  it("is not a reset of a stream that is not there", async () => {
    const peer = rawPeer({ wire, maxRapidResets: 0 });
    for (const id of [3, 5, 7, 9]) peer.send(reset(id, "STREAM_CANCELLED"));
    await expectUnharmed(peer);
  });

  it("is forgiven after 10 seconds", async () => {
    const peer = rawPeer({ wire, maxRapidResets: 3 });
    openAndReset(peer, 3);
    await peer.advance(10_000);
    openAndReset(peer, 3, 13);
    expect(peer.take()).toEqual([]);
    openAndReset(peer, 1, 23);
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("does not make room in the backlog", () => {
    const peer = rawPeer({ wire, acceptBacklog: 3 });
    openAndReset(peer, 3);
    peer.send(syn(9));
    expect(brief(peer.take())).toEqual(["9: RST ACCEPT_QUEUE_FULL"]);
    expect(peer.session.stats()).toMatchObject({ waitingForAccept: 3, openStreams: 0 });
  });
});

describe.each(wires)("5. resets that the peer provokes, on $name", ({ wire }) => {
  /** Each provokes one reset on a stream id that is a multiple of 10, plus 1. */
  const provocations: Record<string, (id: number) => Frame[]> = {
    "data on streams that are not there": (id) => [data(id, 1)],
    "SYNs longer than the window": (id) => [syn(id, WINDOW + 1)],
    "streams beyond the cap": (id) => [syn(id)],
    "more data than there is credit": (id) => [syn(id, WINDOW), data(id, 1)],
    "more credit than can be counted": (id) => [syn(id), increment(id, wire.maxWindow)],
    "data after FIN": (id) => [synFin(id), data(id, 1)],
  };

  describe.each(Object.entries(provocations))("%s", (name, provoke) => {
    function provoked(times: number): RawPeer {
      const maxInboundStreams = name.includes("cap") ? 0 : Infinity;
      const peer = rawPeer({ wire, maxProvokedResets: 3, maxInboundStreams });
      for (let count = 1; count <= times; count++) peer.send(...provoke(count * 10 + 1));
      return peer;
    }

    it("are answered as often as the limit says", () => {
      expect(brief(provoked(3).take()).filter((line) => line.includes("RST"))).toHaveLength(3);
    });

    it("once more end the session", async () => {
      await expectBreach(provoked(4), "ENHANCE_YOUR_CALM");
    });
  });

  it("are charged also when it is the application, or a layer, that refuses", async () => {
    const peer = rawPeer({ wire, maxProvokedResets: 3 });
    for (const id of [3, 5, 7]) {
      peer.send(syn(id));
      const stream = await peer.session.accept();
      stream.refuse();
      stream.refuse();
    }
    expect(brief(peer.take())).toEqual([3, 5, 7].map((id) => `${id}: RST STREAM_REFUSED`));
    for (let ours = 0; ours < 10; ours++) peer.session.open().refuse();
    peer.send(syn(9));
    (await peer.session.accept()).refuse("ACCEPT_QUEUE_FULL");
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("are charged also after our GOAWAY", async () => {
    const peer = rawPeer({ wire, maxProvokedResets: 3 });
    peer.session.goAway();
    for (const id of [3, 5, 7]) peer.send(syn(id));
    expect(brief(peer.take()).filter((line) => line.endsWith("STREAM_REFUSED"))).toHaveLength(3);
    peer.send(syn(9));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("are forgiven after 10 seconds", async () => {
    const peer = rawPeer({ wire, maxProvokedResets: 3 });
    for (const id of [3, 5, 7]) peer.send(data(id, 1));
    await peer.advance(10_000);
    for (const id of [13, 15, 17]) peer.send(data(id, 1));
    expect(peer.take()).toHaveLength(6);
    peer.send(data(19, 1));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("are one for each id, however often the peer asks for it", async () => {
    const peer = rawPeer({ wire, maxProvokedResets: 3 });
    for (let times = 0; times < 10; times++) peer.send(data(3, 1), data(5, 1));
    expect(brief(peer.take())).toEqual(["3: RST STREAM_CLOSED", "5: RST STREAM_CLOSED"]);
    await expectUnharmed(peer);
  });

  it("are charged, but not answered again, when it opens a stream that was reset", async () => {
    const peer = rawPeer({ wire, maxProvokedResets: 3 });
    peer.send(data(3, 1), syn(3), syn(3));
    expect(brief(peer.take())).toEqual(["3: RST STREAM_CLOSED"]);
    peer.send(syn(3));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("do not keep a later reset of a stream of ours from leaving", async () => {
    const peer = rawPeer({ wire });
    peer.send(data(2, 1));
    peer.take();
    const stream = peer.session.open();
    await stream.write(bytes(1));
    stream.reset();
    expect(brief(peer.take()).at(-1)).toBe("2: RST STREAM_CANCELLED");
    await expectUnharmed(peer);
  });

  it("are not those of the application", async () => {
    const peer = rawPeer({ wire, maxProvokedResets: 3 });
    for (let count = 0; count < 10; count++) {
      const stream = peer.session.open();
      await stream.write(bytes(1));
      stream.reset();
    }
    expect(peer.take()).toHaveLength(20);
    await expectUnharmed(peer);
  });
});

describe.each(wires)("6. reply floods, while our writes are blocked, on $name", ({ wire }) => {
  /** A session with a write under way that is never done. */
  function blocked(options: Parameters<typeof rawPeer>[0] = {}): RawPeer {
    const peer = rawPeer({ wire, ...options });
    peer.holdWrites();
    peer.session.open();
    peer.take();
    return peer;
  }

  it("increments merge: one for each stream, however often credit falls due", async () => {
    const peer = blocked({ windowSize: WINDOW });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    for (let round = 0; round < 4; round++) {
      // All the peer may send without more credit, in eight times.
      for (let count = 0; count < 2; count++) peer.send(data(3, 32 * KIB));
      takePieces(stream);
      peer.flush();
    }
    peer.releaseWrites();
    expect(brief(peer.take())).toEqual([`3: WNDINC ${256 * KIB}`]);
  });

  it("what waits for the transport does not grow with what the peer sends", () => {
    const peer = blocked();
    peer.send(syn(3), syn(5));
    const before = peer.session.stats().bytesToSend;
    for (let count = 0; count < 10_000; count++) peer.send(data(99, 1), increment(3, 1), fin(5));
    // One reset, of the stream that is not there.
    expect(peer.session.stats().bytesToSend).toBe(before + wire.controlLength);
  });

  it("so many resets may wait as the limit says", () => {
    const peer = blocked({ maxWaitingResets: 3 });
    for (const id of [11, 13, 15]) peer.send(data(id, 1));
    peer.releaseWrites();
    expect(brief(peer.take())).toEqual([11, 13, 15].map((id) => `${id}: RST STREAM_CLOSED`));
  });

  it("one more ends the session, within the time that the transport is given to end", async () => {
    const peer = blocked({ maxWaitingResets: 3, lingerTimeout: 1000 });
    for (const id of [11, 13, 15, 17]) peer.send(data(id, 1));
    const closed = vi.fn();
    void peer.session.closed.then(closed);
    await peer.advance(999);
    expect(closed).not.toHaveBeenCalled();
    await peer.advance(1);
    expect(closed).toHaveBeenCalledOnce();
    const { localError } = await peer.session.closed;
    expect(localError).toMatchObject({ code: "ENHANCE_YOUR_CALM", origin: "remote" });
    expect(peer.sessionHasDestroyed).toBe(true);
  });

  it("resets that have left no longer count", () => {
    const peer = blocked({ maxWaitingResets: 3 });
    for (let round = 0; round < 5; round++) {
      for (const id of [1, 3, 5]) peer.send(data(100 * round + 10 + id, 1));
      peer.releaseWrites();
      peer.take();
      peer.holdWrites();
      peer.session.open();
      peer.take();
    }
    expect(() => peer.session.open()).not.toThrow();
  });

  it("resets of the application's own are not held against the peer", async () => {
    const peer = rawPeer({ wire, maxWaitingResets: 3 });
    const streams = Array.from({ length: 10 }, () => peer.session.open());
    peer.take();
    peer.holdWrites();
    peer.session.open();
    peer.take();
    for (const stream of streams) stream.reset();
    peer.send(data(99, 1));
    peer.releaseWrites();
    expect(brief(peer.take()).at(-1)).toBe("99: RST STREAM_CLOSED");
    await expectUnharmed(peer);
  });
});

describe("6. reply floods, while our writes are blocked, in Yamux's layout", () => {
  /** A session with a write under way that is never done. */
  function blocked(): RawPeer {
    const peer = rawPeer({ wire: yamux });
    peer.holdWrites();
    peer.session.open();
    peer.take();
    return peer;
  }

  /** Answers of 12 bytes that may wait, beside one stream. */
  const MOST_ANSWERS = Math.floor((1024 * KIB + 32) / 12);

  it("pings may be as many as answers may wait", async () => {
    const peer = blocked();
    for (let value = 0; value < MOST_ANSWERS; value++) peer.send(ping(value));
    peer.releaseWrites();
    const answers = peer.takeAll();
    expect(answers).toHaveLength(MOST_ANSWERS);
    expect(answers.at(-1)).toEqual(pong(MOST_ANSWERS - 1));
    await expectUnharmed(peer);
  });

  it("one more ends the session", async () => {
    const peer = blocked();
    for (let value = 0; value <= MOST_ANSWERS; value++) peer.send(ping(value));
    expect(peer.session.stats().bytesToSend).toBeLessThan(1100 * KIB);
    peer.releaseWrites();
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("pings cost nothing that stays when they are answered", async () => {
    const peer = rawPeer({ wire: yamux });
    for (let round = 0; round < 20; round++) {
      peer.send(...Array.from({ length: 10_000 }, (_, value) => ping(value)));
      expect(peer.takeAll()).toHaveLength(10_000);
    }
    expect(peer.session.stats().bytesToSend).toBe(0);
    await expectUnharmed(peer);
  });

  it("answers that nobody has asked for are dropped, and so is the second one to a ping", async () => {
    const peer = rawPeer({ wire: yamux });
    peer.send(...Array.from({ length: 10_000 }, (_, value) => pong(value)));
    const asked = peer.session.ping();
    expect(peer.takeAll()).toEqual([ping(0)]);
    peer.send(pong(1), pong(0), pong(0));
    expect(await asked).toBe(0);
    expect(peer.takeAll()).toEqual([]);
    await expectUnharmed(peer);
  });

  it("acknowledgements are one for each stream, and none of those that the peer has reset", async () => {
    const peer = blocked();
    const ids = [3, 5, 7, 9];
    for (const id of ids) {
      peer.send(syn(id));
      await peer.session.accept();
    }
    peer.send(reset(3, "STREAM_CANCELLED"), reset(9, "STREAM_CANCELLED"));
    const before = peer.session.stats().bytesToSend;
    for (let times = 0; times < 20; times++) peer.send(...ids.map(ack));
    expect(peer.session.stats().bytesToSend).toBe(before);
    peer.releaseWrites();
    expect(peer.takeAll()).toEqual([ack(5), ack(7)]);
  });
});

describe.each(wires)("7. empty and tiny frames, on $name", ({ wire }) => {
  function empty(times: number): Frame[] {
    return Array.from({ length: times }, () => data(3));
  }

  it.each([
    ["on a stream that is open", [syn(3)]],
    ["on a stream that is not there", []],
  ] as const)("%s: empty ones may be as many in a row as the limit says", async (_, before) => {
    const peer = rawPeer({ wire, maxEmptyFrames: 3 });
    peer.send(...before, ...empty(3));
    expect(peer.take()).toEqual([]);
    if (before.length > 0) await peer.session.accept();
    await expectUnharmed(peer);
  });

  it("one more ends the session", async () => {
    const peer = rawPeer({ wire, maxEmptyFrames: 3 });
    peer.send(...empty(4));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("they are 100 by default", async () => {
    const peer = rawPeer({ wire });
    peer.send(...empty(100));
    expect(peer.take()).toEqual([]);
    peer.send(...empty(1));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it.each([
    ["payload", data(3, 1)],
    ["SYN", syn(9001)],
    ["FIN", fin(3)],
    ["FIN on a stream that is not there", fin(99)],
    ["an increment", increment(3, 1)],
    ["a reset", reset(3, "STREAM_CANCELLED")],
    ["a GOAWAY", goAway(100)],
  ] as const)("they are in a row no more after %s", async (_, between) => {
    const peer = rawPeer({ wire, maxEmptyFrames: 3 });
    peer.send(syn(3), ...empty(3), between, ...empty(3));
    expect(peer.take()).toEqual([]);
    peer.send(...empty(1));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("SYN, FIN and payload are not empty, however often they come", async () => {
    const peer = rawPeer({ wire, maxEmptyFrames: 0 });
    for (let id = 3; id < 20; id += 2) {
      peer.send(syn(id), data(id, 1), fin(id), fin(id));
      await peer.session.accept();
    }
    await expectUnharmed(peer);
  });

  it("tiny ones are charged what they cost in memory, not only what they say", () => {
    const peer = rawPeer({ wire });
    const ids = Array.from({ length: 100 }, (_, index) => 3 + 2 * index);
    peer.send(...ids.map((id) => syn(id, 1)));
    expect(peer.session.stats().memoryUnread).toBe(100 * (1 + OVERHEAD_OF_A_PIECE));
    // Views, which are not gathered, are charged one by one.
    for (const id of ids) peer.send(data(id, 4 * KIB));
    const { memoryUnread } = peer.session.stats();
    expect(memoryUnread).toBe(100 * (1 + 4 * KIB + 2 * OVERHEAD_OF_A_PIECE));
  });

  it("so streams of one byte exhaust the budget long before their bytes would", async () => {
    const peer = rawPeer({ wire, memoryBudget: 10 * (1 + OVERHEAD_OF_A_PIECE) });
    peer.send(...Array.from({ length: 10 }, (_, index) => syn(3 + 2 * index, 1)));
    expect(peer.take()).toEqual([]);
    peer.send(syn(99, 1));
    expect(brief(peer.take())[0]).toMatch("RST ENHANCE_YOUR_CALM");
  });
});

describe("7. empty and tiny frames, in Yamux's layout", () => {
  it("credit of nothing is empty, with or without what no flag means", async () => {
    const peer = rawPeer({ wire: yamux, maxEmptyFrames: 3 });
    peer.send(syn(3), increment(3, 0), data(3), increment(99, 0));
    expect(peer.take()).toEqual([]);
    peer.sendBytes(yamuxHeader(WINDOW_UPDATE, 0xfff0, 3, 0));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("pings make no row of empty frames shorter", async () => {
    const peer = rawPeer({ wire: yamux, maxEmptyFrames: 3 });
    for (let times = 0; times < 4; times++) peer.send(increment(3, 0), ping(times));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("acknowledgements are not empty, whatever frame they come with", async () => {
    const peer = rawPeer({ wire: yamux, maxEmptyFrames: 3 });
    for (let times = 0; times < 10; times++) {
      const { id } = peer.session.open();
      peer.flush();
      peer.sendBytes(yamuxHeader(times % 2 === 0 ? DATA : WINDOW_UPDATE, ACK, id, 0));
    }
    peer.takeAll();
    await expectUnharmed(peer);
  });
});

describe.each(wires)("8. dribble, on $name", ({ wire }) => {
  /** A session that has sent so many bytes, frame headers included, on stream 3. */
  async function sent(total: number, options: Parameters<typeof rawPeer>[0] = {}) {
    const peer = rawPeer({ wire, ...options });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    await stream.write(bytes(total - wire.dataHeaderLength));
    peer.take();
    expect(peer.session.stats().bytesSent).toBe(total);
    return { peer, stream };
  }

  it("increments may be one for each byte that was sent and each stream, and some more", async () => {
    const { peer } = await sent(20, { maxUnearnedIncrements: 3 });
    for (let count = 0; count < 24; count++) peer.send(increment(3, 1));
    await expectUnharmed(peer);
  });

  it("one more ends the session", async () => {
    const { peer } = await sent(20, { maxUnearnedIncrements: 3 });
    for (let count = 0; count < 25; count++) peer.send(increment(3, 1));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("they count wherever they go, also to streams that are not there", async () => {
    const peer = rawPeer({ wire, maxUnearnedIncrements: 3 });
    for (const id of [3, 5, 7, 9]) peer.send(increment(id, 1));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("so is one for each stream that the peer opens: it may want a larger window", async () => {
    const peer = rawPeer({ wire, maxUnearnedIncrements: 3 });
    for (let id = 3; id < 23; id += 2) {
      peer.send(syn(id), increment(id, 1_000_000));
      await peer.session.accept();
    }
    peer.take();
    // Acknowledgements are bytes, too.
    const { bytesSent } = peer.session.stats();
    peer.send(...Array.from({ length: bytesSent + 3 }, () => increment(3, 1)));
    expect(peer.take()).toEqual([]);
    peer.send(increment(3, 1));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("those without any cause are 10 000 by default", async () => {
    const peer = rawPeer({ wire });
    peer.send(...Array.from({ length: 10_000 }, () => increment(3, 1)));
    expect(peer.take()).toEqual([]);
    peer.send(increment(3, 1));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("a peer that sends one for each byte that it reads is never ended, without any slack", async () => {
    const peer = rawPeer({ wire, maxUnearnedIncrements: 0 });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    for (let round = 0; round < 50; round++) {
      await stream.write(bytes(1 + round));
      const read = contentOf(peer.take(), 3).length;
      peer.send(...Array.from({ length: read }, () => increment(3, 1)));
    }
    await expectUnharmed(peer);
  });

  it("our sender waits for 1 KiB of credit, or for all that it has", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    const writing = stream.write(bytes(WINDOW + 1500));
    expect(contentOf(peer.take(), 3)).toHaveLength(WINDOW);
    for (let count = 0; count < 1023; count++) peer.send(increment(3, 1));
    expect(peer.take()).toEqual([]);
    peer.send(increment(3, 1));
    expect(brief(peer.take())).toEqual([`3: DATA ${KIB}`]);
    for (let count = 0; count < 475; count++) peer.send(increment(3, 1));
    expect(peer.take()).toEqual([]);
    peer.send(increment(3, 1));
    expect(brief(peer.take())).toEqual(["3: DATA 476"]);
    await writing;
  });
});

describe.each(wires)("9. slow reading, on $name", ({ wire }) => {
  /** A stream whose peer has no credit left for it, and writes that wait for some. */
  async function stalled(options: Parameters<typeof rawPeer>[0], unsent = [1]) {
    const peer = rawPeer({ wire, ...options });
    const streams: Stream[] = [];
    const errors: Promise<MuxadoError | undefined>[] = [];
    for (const [index, length] of unsent.entries()) {
      const id = 3 + 2 * index;
      peer.send(syn(id));
      const stream = await peer.session.accept();
      await Promise.all([stream.write(bytes(WINDOW)), peer.settle()]);
      errors.push(failureOf(stream.write(bytes(length))));
      streams.push(stream);
    }
    peer.take();
    return { peer, streams, stream: streams[0]!, errors, error: errors[0]! };
  }

  const timedOut = { code: "WRITE_TIMEOUT", scope: "stream", origin: "local", streamId: 3 };

  describe("a write without credit", () => {
    it("waits as long as the limit says, and is then reset", async () => {
      const { peer, stream, error } = await stalled({ writeTimeout: 1000 });
      await peer.advance(999);
      expect(stream.error).toBeUndefined();
      await peer.advance(1);
      expect(await error).toMatchObject(timedOut);
      expect(brief(peer.take())).toEqual(["3: RST WRITE_TIMEOUT"]);
      expect(peer.session.stats()).toMatchObject({ openStreams: 0, memoryUnsent: 0 });
      await expectNothingDue(peer);
      await expectUnharmed(peer);
    });

    it("waits for 5 minutes by default, and for ever if told so", async () => {
      const { peer, error } = await stalled({});
      await peer.advance(299_999);
      expect(peer.take()).toEqual([]);
      await peer.advance(1);
      expect(await error).toMatchObject(timedOut);
      const patient = await stalled({ writeTimeout: Infinity });
      await patient.peer.advance(1e9);
      expect(patient.peer.clock.timers).toEqual([]);
      expect(patient.stream.error).toBeUndefined();
    });

    it("is not helped by credit that dribbles below 1 KiB", async () => {
      const { peer, error } = await stalled({ writeTimeout: 1000 }, [4 * KIB]);
      for (let count = 0; count < 9; count++) {
        await peer.advance(100);
        peer.send(increment(3, 100));
      }
      peer.send(increment(3, 123));
      expect(peer.take()).toEqual([]);
      await peer.advance(100);
      expect(await error).toMatchObject(timedOut);
    });

    it("has its whole time again with each progress", async () => {
      const { peer, stream, error } = await stalled({ writeTimeout: 1000 }, [4 * KIB]);
      for (let count = 0; count < 3; count++) {
        await peer.advance(999);
        peer.send(increment(3, KIB));
        expect(brief(peer.take())).toEqual([`3: DATA ${KIB}`]);
      }
      await peer.advance(999);
      expect(stream.error).toBeUndefined();
      await peer.advance(1);
      expect(await error).toMatchObject(timedOut);
    });

    it("is forgotten when it is done", async () => {
      const { peer, stream } = await stalled({ writeTimeout: 1000 });
      peer.send(increment(3, 1));
      expect(brief(peer.take())).toEqual(["3: DATA 1"]);
      await expectNothingDue(peer);
      await peer.advance(10_000);
      expect(stream.error).toBeUndefined();
    });

    it.each(["a reset of the peer's", "a reset of ours"])("is forgotten with %s", async (end) => {
      const { peer, stream } = await stalled({ writeTimeout: 1000 });
      if (end.includes("peer")) peer.send(reset(3, "STREAM_CLOSED"));
      else stream.reset();
      peer.take();
      await expectNothingDue(peer);
      await peer.advance(1000);
      expect(peer.take()).toEqual([]);
    });

    it("is forgotten when it is taken back: a later one has its own time", async () => {
      const peer = rawPeer({ wire, writeTimeout: 1000 });
      peer.send(syn(3));
      const stream = await peer.session.accept();
      await Promise.all([stream.write(bytes(WINDOW)), peer.settle()]);
      const controller = new AbortController();
      const aborted = stream.write(bytes(10), { signal: controller.signal });
      await peer.advance(900);
      controller.abort("enough");
      await expect(aborted).rejects.toBe("enough");
      const later = failureOf(stream.write(bytes(10)));
      await peer.advance(999);
      expect(stream.error).toBeUndefined();
      await peer.advance(1);
      expect(await later).toMatchObject(timedOut);
    });

    it("is counted also behind one that was taken back when its turn was near", async () => {
      const peer = rawPeer({ wire, writeTimeout: 1000, transportBudget: 1 });
      peer.send(syn(3));
      const stream = await peer.session.accept();
      await Promise.all([stream.write(bytes(WINDOW - 500)), peer.settle()]);
      peer.holdWrites();
      peer.session.open();
      peer.take();
      const controller = new AbortController();
      const small = stream.write(bytes(400), { signal: controller.signal });
      const large = failureOf(stream.write(bytes(KIB)));
      controller.abort("taken back");
      await expect(small).rejects.toBe("taken back");
      peer.releaseWrites();
      peer.flush();
      await peer.advance(1000);
      expect(await large).toMatchObject(timedOut);
    });

    it("is limited for offers that were not taken, too", async () => {
      const peer = rawPeer({ wire, writeTimeout: 1000 });
      peer.send(syn(3));
      const stream = await peer.session.accept();
      expect(stream.offer(bytes(WINDOW + 1))).toBe(WINDOW);
      peer.take();
      await peer.advance(999);
      expect(stream.error).toBeUndefined();
      await peer.advance(1);
      expect(stream.error).toMatchObject({ code: "WRITE_TIMEOUT" });
    });

    it("is not an offer that was given up: not with the half-close, nor for a smaller one", async () => {
      const peer = rawPeer({ wire, writeTimeout: 1000 });
      for (const id of [3, 5]) {
        peer.send(syn(id));
        const stream = await peer.session.accept();
        expect(stream.offer(bytes(WINDOW - 100))).toBe(WINDOW - 100);
        expect(stream.offer(bytes(200))).toBe(0);
        peer.take();
        if (id === 3) await stream.closeWrite();
        else expect(stream.offer(bytes(100))).toBe(100);
      }
      peer.take();
      await expectNothingDue(peer);
      await peer.advance(1000);
      expect(peer.session.stats()).toMatchObject({ openStreams: 2, resetsSent: {} });
      expect(peer.take()).toEqual([]);
    });

    it("is not one that waits for a transport that is slow", async () => {
      const peer = rawPeer({ wire, writeTimeout: 1000, transportBudget: 1 });
      peer.send(syn(3));
      const stream = await peer.session.accept();
      peer.holdWrites();
      peer.session.open();
      peer.take();
      const writing = stream.write(bytes(WINDOW));
      await peer.advance(100_000);
      expect(stream.error).toBeUndefined();
      peer.releaseWrites();
      await peer.settle();
      await writing;
    });
  });

  describe("output that waits for the peer's credit", () => {
    const lengths = [20 * KIB, 30 * KIB, 10 * KIB];

    it("may be as much as the memory budget", async () => {
      const { peer } = await stalled({ memoryBudget: 60 * KIB }, lengths);
      expect(peer.session.stats().memoryUnsent).toBe(60 * KIB);
      expect(peer.take()).toEqual([]);
    });

    it("and one byte more has the largest reset", async () => {
      const { peer, streams, errors } = await stalled({ memoryBudget: 60 * KIB - 1 }, lengths);
      await peer.settle();
      expect(peer.session.stats().resetsSent).toEqual({ ENHANCE_YOUR_CALM: 1 });
      expect(await errors[1]).toMatchObject({
        code: "ENHANCE_YOUR_CALM",
        scope: "stream",
        origin: "local",
      });
      expect(streams.map((stream) => stream.error?.code)).toEqual([
        undefined,
        "ENHANCE_YOUR_CALM",
        undefined,
      ]);
      expect(peer.session.stats().memoryUnsent).toBe(30 * KIB);
    });

    it("counts up to 64 KiB for each stream: a large write is the application's own affair", async () => {
      const large = await stalled({ memoryBudget: 128 * KIB }, [1000 * KIB, 2000 * KIB]);
      expect(large.peer.session.stats().memoryUnsent).toBe(128 * KIB);
      expect(large.peer.take()).toEqual([]);
      const many = await stalled({ memoryBudget: 128 * KIB }, [64 * KIB, 64 * KIB, 1]);
      expect(many.peer.session.stats().resetsSent).toEqual({ ENHANCE_YOUR_CALM: 1 });
    });

    it("counts together with what is unread", async () => {
      const { peer, streams } = await stalled({ memoryBudget: 60 * KIB }, lengths);
      peer.send(syn(99, 1));
      expect(brief(peer.take())).toEqual(["5: RST ENHANCE_YOUR_CALM"]);
      expect(streams[0]!.error).toBeUndefined();
    });
  });

  it("output that only waits for a slow transport costs nobody a stream", async () => {
    const peer = rawPeer({ wire, memoryBudget: 100 * KIB });
    peer.holdWrites();
    peer.session.open();
    peer.take();
    for (const id of [3, 5, 7]) {
      peer.send(syn(id));
      void (await peer.session.accept()).write(bytes(200 * KIB));
    }
    peer.send(syn(9, 10 * KIB), data(3, 10 * KIB));
    await peer.settle();
    expect(peer.session.stats().resetsSent).toEqual({});
    expect(peer.session.stats()).toMatchObject({ openStreams: 5, memoryUnsent: 192 * KIB });
    // What is unread counts all the same.
    peer.send(data(9, 81 * KIB));
    await peer.settle();
    expect(peer.session.stats().resetsSent).toEqual({ ENHANCE_YOUR_CALM: 1 });
    expect(peer.session.stats().memoryUnsent).toBe(192 * KIB);
  });
});

describe.each(wires)("10. the overhead of chunks, on $name", ({ wire }) => {
  it("1 MiB that comes byte by byte retains memory in proportion to its bytes", async () => {
    const peer = rawPeer({ wire });
    const ids = [3, 5, 7, 9];
    const input = ids.map((id) => peer.encode(syn(id, WINDOW)));
    for (const frame of input) for (const byte of frame) peer.sendBytes(Uint8Array.of(byte));
    const streams: Stream[] = [];
    for (const _ of ids) streams.push(await peer.session.accept());
    const pieces = streams.flatMap(takePieces);
    expect(Buffer.concat(pieces).length).toBe(4 * WINDOW);
    const buffers = new Set(pieces.map((piece) => piece.buffer));
    let retained = pieces.length * OVERHEAD_OF_A_PIECE;
    for (const buffer of buffers) retained += buffer.byteLength;
    expect(retained).toBeLessThan(2 * 4 * WINDOW);
  });
});

describe.each(wires)("11. amplification by length, on $name", ({ wire }) => {
  /** The header of a DATA frame whose body never comes. */
  function header(frame: Frame): Uint8Array {
    return rawPeer({ wire }).encode(frame).subarray(0, wire.dataHeaderLength);
  }

  it("the header alone decides: an oversized SYN is reset before its body comes", () => {
    const peer = rawPeer({ wire });
    peer.sendBytes(header(syn(3, WINDOW + 1)));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
  });

  it("the header alone decides: so is data beyond the credit", () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3, WINDOW));
    peer.sendBytes(header(data(3, 1)));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
  });

  it("the header alone decides: so is data on a stream that is not there", () => {
    const peer = rawPeer({ wire });
    peer.sendBytes(header(data(3, 1_000_000)));
    expect(brief(peer.take())).toEqual(["3: RST STREAM_CLOSED"]);
  });

  it("allocates nothing for bytes that have only been promised", () => {
    const promise = header(syn(3, WINDOW));
    const peers = Array.from({ length: 200 }, () => rawPeer({ wire }));
    const before = process.memoryUsage().arrayBuffers;
    for (const peer of peers) peer.sendBytes(promise);
    const grown = process.memoryUsage().arrayBuffers - before;
    // They promise 50 MiB.
    expect(grown).toBeLessThan(1024 * KIB);
    expect(peers.every((peer) => peer.session.stats().openStreams === 1)).toBe(true);
  });

  it("drops the body of what was refused, and keeps the framing", async () => {
    const peer = rawPeer({ wire });
    const oversized = peer.encode(syn(3, WINDOW + 1));
    for (let at = 0; at < oversized.length; at += 50_000) {
      peer.sendBytes(oversized.subarray(at, at + 50_000));
    }
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
    await expectUnharmed(peer);
  });
});

describe("11. amplification by length, in Yamux's layout", () => {
  const HUGE = 0xffff_ffff;

  it("the header alone decides about 4 GiB: on a stream that is open, not there, or reset by it", () => {
    const peers = Array.from({ length: 100 }, () => rawPeer({ wire: yamux }));
    const before = process.memoryUsage().arrayBuffers;
    for (const peer of peers) {
      peer.send(syn(3));
      peer.sendBytes(yamuxHeader(DATA, 0, 3, HUGE));
      expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
      expect(peer.session.stats()).toMatchObject({ openStreams: 0, memoryUnread: 0 });
    }
    for (const [flags, reset] of [
      [0, ["5: RST STREAM_CLOSED"]],
      [RST, []],
    ] as const) {
      const peer = rawPeer({ wire: yamux });
      peer.sendBytes(yamuxHeader(DATA, flags, 5, HUGE));
      expect(brief(peer.take())).toEqual(reset);
    }
    // Each session has an arena for its output.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 64 * KIB);
  });

  it("drops the body that comes with a reset, and keeps the framing", async () => {
    const peer = rawPeer({ wire: yamux });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    peer.sendBytes(yamuxHeader(DATA, RST, 3, 100_000));
    for (let times = 0; times < 100; times++) peer.sendBytes(bytes(1000));
    expect(stream.error).toMatchObject({ scope: "stream", origin: "remote" });
    expect(peer.take()).toEqual([]);
    await expectUnharmed(peer);
  });

  it("a length where none belongs says nothing: pings and GOAWAYs have no body", async () => {
    const peer = rawPeer({ wire: yamux });
    peer.sendBytes(yamuxHeader(PING, SYN, 0, HUGE));
    expect(peer.takeAll()).toEqual([pong(HUGE)]);
    peer.sendBytes(yamuxHeader(GO_AWAY, 0, 0, HUGE));
    await expectUnharmed(peer);
    peer.end();
    expect(await peer.session.closed).toMatchObject({ remoteError: { wireCode: HUGE } });
  });
});

describe.each(wires)("12. misuse of ids, on $name", ({ wire }) => {
  it.each([
    ["wrong parity, to a server", "server", syn(4)],
    ["wrong parity, to a client", "client", syn(5)],
    ["an id of ours that is open", "server", syn(2)],
  ] as const)("%s: ends the session", async (_, role, frame) => {
    const peer = rawPeer({ wire, role });
    peer.session.open();
    peer.flush();
    peer.send(frame);
    await expectBreach(peer, "PROTOCOL_ERROR");
  });

  it("SYN on a stream that is open: ends the session", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3), syn(3));
    await expectBreach(peer, "PROTOCOL_ERROR");
  });

  it("the highest id that a peer may use opens a stream as any other, and so does 1", async () => {
    const peer = rawPeer({ wire });
    const highest = wire.name === "muxado" ? 0x7fff_ffff : 0xffff_ffff;
    peer.send(syn(highest), syn(1));
    expect((await peer.session.accept()).id).toBe(highest);
    expect((await peer.session.accept()).id).toBe(1);
  });

  it("nothing that comes behind the breach is taken for frames", () => {
    const peer = rawPeer({ wire });
    peer.send(syn(4), syn(3, "late"));
    expect(peer.session.stats().streamsReceived).toBe(0);
  });

  it("our own ids run out with an error, do not wrap, and what is open goes on", async () => {
    const peer = rawPeer({ wire: { ...wire, maxStreamId: 6 } });
    const streams = [2, 4, 6].map(() => peer.session.open());
    expect(streams.map((stream) => stream.id)).toEqual([2, 4, 6]);
    const refusal = { code: "STREAMS_EXHAUSTED", scope: "session", origin: "local", retry: "safe" };
    for (let times = 0; times < 2; times++) {
      expect(() => peer.session.open()).toThrow(expect.objectContaining(refusal));
    }
    streams[0]!.reset();
    expect(() => peer.session.open()).toThrow(expect.objectContaining(refusal));
    await streams[1]!.write(bytes("on"));
    expect(contentOf(peer.take(), 4)).toEqual(bytes("on"));
    await expectUnharmed(peer);
  });
});

describe("12. misuse of ids, in muxado's layout", () => {
  /** A header of DATA with SYN, by hand: encoders refuse these ids. */
  function rawSyn(id: number): Uint8Array {
    const frame = new Uint8Array([0, 0, 0, 0x12, 0, 0, 0, 0]);
    new DataView(frame.buffer).setUint32(4, id);
    return frame;
  }

  it.each([
    ["id 0", 0],
    ["the high bit set", 0x8000_0003],
  ])("%s: ends the session", async (_, id) => {
    const peer = rawPeer({ wire: muxado });
    peer.sendBytes(rawSyn(id));
    await expectBreach(peer, "PROTOCOL_ERROR");
  });
});

describe("12. misuse of ids, in Yamux's layout", () => {
  it.each([
    ["version 1", yamuxHeader(0x0100 | DATA, SYN, 3, 0)],
    ["version 255", yamuxHeader(0xff00 | PING, SYN, 0, 0)],
    ["a type that is none", yamuxHeader(4, 0, 0, 0)],
    ["data on id 0", yamuxHeader(DATA, SYN, 0, 0)],
    ["credit on id 0", yamuxHeader(WINDOW_UPDATE, 0, 0, 1)],
    ["a ping on a stream", yamuxHeader(PING, SYN, 3, 0)],
    ["a GOAWAY on a stream", yamuxHeader(GO_AWAY, 0, 3, 0)],
    ["a ping that neither asks nor answers", yamuxHeader(PING, 0, 0, 0)],
    ["a ping that does both", yamuxHeader(PING, SYN | ACK, 0, 0)],
  ])("%s: ends the session", async (_, header) => {
    const peer = rawPeer({ wire: yamux });
    peer.sendBytes(header);
    peer.send(syn(3));
    expect(peer.session.stats().streamsReceived).toBe(0);
    await expectBreach(peer, "PROTOCOL_ERROR");
  });

  it.each([
    ["SYN of our own parity", yamuxHeader(WINDOW_UPDATE, SYN, 4, 1000)],
    ["SYN on a stream that is open", yamuxHeader(WINDOW_UPDATE, SYN | FIN, 3, 1000)],
  ])("%s, that says more besides: ends the session, and says nothing more", async (_, header) => {
    const peer = rawPeer({ wire: yamux });
    peer.send(syn(3));
    peer.sendBytes(header);
    await expectBreach(peer, "PROTOCOL_ERROR");
  });

  it("the high bit is one as any other, and flags without a meaning have none", async () => {
    const peer = rawPeer({ wire: yamux });
    peer.sendBytes(yamuxHeader(WINDOW_UPDATE, 0xfff0 | SYN, 0x8000_0003, 0));
    expect((await peer.session.accept()).id).toBe(0x8000_0003);
    await expectUnharmed(peer);
  });

  it("acknowledgements of what is not there, not ours, or acknowledged are harmless", async () => {
    const peer = rawPeer({ wire: yamux });
    const own = peer.session.open();
    peer.flush();
    peer.send(syn(3), ack(own.id), ack(own.id), ack(3), ack(4), ack(99));
    await peer.session.accept();
    peer.take();
    expect(peer.session.stats().openStreams).toBe(2);
    await expectUnharmed(peer);
  });
});

describe.each(wires)("13. streams that nobody accepts, on $name", ({ wire }) => {
  it("may be as many as the backlog says", () => {
    const peer = rawPeer({ wire, acceptBacklog: 3 });
    peer.send(syn(3), syn(5), syn(7));
    expect(peer.take()).toEqual([]);
    expect(peer.session.stats().waitingForAccept).toBe(3);
  });

  it("one more is reset, and the others wait on", async () => {
    const peer = rawPeer({ wire, acceptBacklog: 3 });
    peer.send(syn(3), syn(5), syn(7), syn(9));
    expect(brief(peer.take())).toEqual(["9: RST ACCEPT_QUEUE_FULL"]);
    expect(peer.session.stats()).toMatchObject({ waitingForAccept: 3, openStreams: 3 });
    for (const id of [3, 5, 7]) expect((await peer.session.accept()).id).toBe(id);
    await expectUnharmed(peer);
  });

  it("is 128 by default, on Yamux 256", () => {
    const backlog = wire.name === "muxado" ? 128 : 256;
    const peer = rawPeer({ wire });
    peer.send(...Array.from({ length: backlog + 1 }, (_, index) => syn(3 + 2 * index)));
    expect(brief(peer.take())).toEqual([`${3 + 2 * backlog}: RST ACCEPT_QUEUE_FULL`]);
  });

  it("are not counted while an accept loop takes them in the same turn", async () => {
    const peer = rawPeer({ wire, acceptBacklog: 3 });
    const ids: number[] = [];
    void (async () => {
      for await (const stream of peer.session) ids.push(stream.id);
    })();
    peer.send(...Array.from({ length: 100 }, (_, index) => syn(3 + 2 * index)));
    await peer.settle();
    expect(ids).toHaveLength(100);
    expect(peer.take()).toEqual([]);
  });

  it("hold up nobody: their frames, and those of others, are read", async () => {
    const peer = rawPeer({ wire, acceptBacklog: 1 });
    const own = peer.session.open();
    peer.flush();
    peer.send(syn(3, WINDOW), syn(5), data(2, "for us"), fin(3));
    expect(own.take()).toEqual(bytes("for us"));
    const stream = await peer.session.accept();
    expect(Buffer.concat(takePieces(stream))).toHaveLength(WINDOW);
    expect(stream.take()).toBeNull();
  });

  it("cannot be more than 16 384 beyond the backlog in one turn, also when writes are blocked", () => {
    const peer = rawPeer({ wire, acceptBacklog: 3, maxInboundStreams: Infinity });
    peer.holdWrites();
    peer.session.open();
    peer.take();
    peer.send(...Array.from({ length: 16_384 + 3 }, (_, index) => syn(3 + 2 * index)));
    expect(peer.session.stats().waitingForAccept).toBe(16_387);
    peer.send(syn(99_999));
    expect(peer.session.stats().waitingForAccept).toBe(16_387);
    expect(peer.session.stats().bytesToSend).toBe(wire.dataHeaderLength + wire.controlLength);
  });

  it("and that the peer has reset meanwhile are given up without an answer", () => {
    const peer = rawPeer({ wire, acceptBacklog: 3 });
    peer.send(syn(3), syn(5), syn(7), syn(9), reset(9, "STREAM_CANCELLED"));
    expect(peer.take()).toEqual([]);
    expect(peer.session.stats()).toMatchObject({ waitingForAccept: 3, openStreams: 3 });
  });

  it("may be capped together with those that were accepted", async () => {
    const peer = rawPeer({ wire, maxInboundStreams: 2 });
    peer.send(syn(3), syn(5));
    const stream = await peer.session.accept();
    peer.send(syn(7));
    expect(brief(peer.take())).toEqual(["7: RST STREAM_REFUSED"]);
    stream.reset();
    peer.take();
    peer.send(syn(9));
    expect(peer.take()).toEqual([]);
    expect(peer.session.stats().openStreams).toBe(2);
  });
});

describe("13. streams that nobody accepts, on Yamux's other side", () => {
  const wire = { ...yamux, maxUnacknowledged: 3 };

  /** The streams that have been announced since it was last asked. */
  function announced(peer: RawPeer): number[] {
    return peer
      .take()
      .flatMap((frame) => (frame.type === "data" && frame.syn ? [frame.streamId] : []));
  }

  it("so many streams of ours are without an acknowledgement as the limit says, and no more", async () => {
    const peer = rawPeer({ wire });
    const streams = Array.from({ length: 5 }, () => peer.session.open());
    expect(announced(peer)).toEqual([2, 4, 6]);
    void streams[4]!.write(bytes(10));
    peer.send(ack(4));
    expect(announced(peer)).toEqual([8]);
    peer.send(ack(4), ack(4));
    expect(announced(peer)).toEqual([]);
    peer.send(ack(2));
    expect(brief(peer.take())).toEqual(["10: DATA 10 SYN"]);
    await expectUnharmed(peer);
  });

  it("they are given back when a stream ends, by whichever side, without an acknowledgement", async () => {
    const peer = rawPeer({ wire });
    const [first, second, third] = Array.from({ length: 8 }, () => peer.session.open());
    expect(announced(peer)).toEqual([2, 4, 6]);
    first!.reset();
    expect(announced(peer)).toEqual([8]);
    peer.send(reset(second!.id, "STREAM_REFUSED"));
    expect(announced(peer)).toEqual([10]);
    await third!.closeWrite();
    peer.send(fin(third!.id));
    expect(announced(peer)).toEqual([12]);
    // More credit than can be counted has it reset.
    peer.send(increment(12, 0xffff_ffff));
    expect(announced(peer)).toEqual([14]);
  });

  it("those that wait are nobody's loss: reset they say nothing, and their place is not taken", async () => {
    const peer = rawPeer({ wire });
    const streams = Array.from({ length: 6 }, () => peer.session.open());
    expect(announced(peer)).toEqual([2, 4, 6]);
    streams[3]!.reset();
    streams[3]!.priority = { urgency: 0 };
    expect(streams[3]!.error).toMatchObject({ retry: "safe", origin: "local" });
    streams.push(peer.session.open(), peer.session.open());
    expect(peer.take()).toEqual([]);
    for (const [acknowledged, next] of [
      [2, 10],
      [4, 12],
      [6, 14],
    ] as const) {
      peer.send(ack(acknowledged));
      expect(announced(peer)).toEqual([next]);
    }
    peer.send(goAway(0));
    expect(streams.at(-1)!.error).toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe" });
  });

  it("an offer that had to wait is told of its turn, also behind a write that had not to", async () => {
    const peer = rawPeer({ wire: { ...yamux, maxUnacknowledged: 1 } });
    const [first, second] = [peer.session.open(), peer.session.open()];
    const told = vi.fn();
    second.observe({ onReadable: () => {}, onWritable: told });
    peer.take();
    expect(second.offer(bytes(100))).toBe(0);
    peer.send(ack(first.id));
    void second.write(bytes(10));
    await peer.settle();
    expect(told).toHaveBeenCalled();
    expect(brief(peer.take())).toEqual(["4: DATA 10 SYN"]);
  });
});

describe.each(wires)("14. misuse of GOAWAY, on $name", ({ wire }) => {
  it("a SYN after ours is refused, and nothing is made of it", () => {
    const peer = rawPeer({ wire });
    peer.session.goAway();
    peer.take();
    peer.send(syn(3, "too late"));
    expect(brief(peer.take())).toEqual(["3: RST STREAM_REFUSED"]);
    expect(peer.session.stats()).toMatchObject({ streamsReceived: 0, waitingForAccept: 0 });
  });

  it("what was open before ours goes on", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    const own = peer.session.open();
    peer.session.goAway();
    peer.take();
    peer.send(data(3, "in"), data(2, "back"));
    expect([stream.take(), own.take()]).toEqual([bytes("in"), bytes("back")]);
    await stream.write(bytes("out"));
    await peer.session.open().write(bytes("new"));
    expect(brief(peer.take())).toEqual(["3: DATA 3", "4: DATA 3 SYN"]);
  });

  it("a peer that falls silent after its own is given up once no stream is open", async () => {
    const peer = rawPeer({ wire, goAwayTimeout: 5000, lingerTimeout: 100 });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    const background = peer.session.open();
    background.unref();
    peer.take();
    peer.send(goAway(0x7ffffffe));
    await peer.advance(60_000);
    expect(stream.error).toBeUndefined();
    stream.reset();
    await peer.advance(5000);
    const story = { code: "SESSION_CLOSED", scope: "session", origin: "local" };
    expect(background.error).toMatchObject(story);
    await peer.advance(100);
    expect(peer.sessionHasDestroyed).toBe(true);
    expect(peer.clock.timers).toEqual([]);
  });

  it("a peer that goes on after its own is left alone", async () => {
    const peer = rawPeer({ wire, goAwayTimeout: 5000 });
    peer.send(syn(3), goAway(0));
    const stream = await peer.session.accept();
    for (let round = 0; round < 5; round++) {
      await peer.advance(4000);
      peer.send(data(3, 1));
    }
    expect(stream.error).toBeUndefined();
  });

  it("a peer that goes on for ever while we drain is given up after the deadline", async () => {
    const peer = rawPeer({ wire, closeTimeout: 5000, lingerTimeout: 100 });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    void peer.session.close();
    for (let round = 0; round < 4; round++) {
      await peer.advance(1000);
      peer.send(data(3, 1));
    }
    expect(stream.error).toBeUndefined();
    await peer.advance(1000);
    expect(stream.error).toMatchObject({ code: "DRAIN_TIMEOUT" });
    await peer.advance(100);
    expect(peer.sessionHasDestroyed).toBe(true);
    expect(await peer.session.closed).toMatchObject({ localError: { code: "DRAIN_TIMEOUT" } });
  });
});

describe("14. misuse of GOAWAY, in muxado's layout", () => {
  const wire = muxado;

  it("the last id may stay and fall", async () => {
    const peer = rawPeer({ wire });
    peer.send(goAway(6), goAway(6), goAway(4));
    expect(peer.take()).toEqual([]);
    await expectUnharmed(peer);
  });

  it("the last id may not rise", async () => {
    const peer = rawPeer({ wire });
    peer.send(goAway(4), goAway(5));
    expect(brief(peer.take())).toEqual(["GOAWAY 0 PROTOCOL_ERROR"]);
    peer.end();
    const { localError } = await peer.session.closed;
    expect(localError).toMatchObject({ code: "PROTOCOL_ERROR", origin: "remote" });
  });

  it("keeps 64 KiB of the debug data and reads over the rest", async () => {
    for (const [sent, kept] of [
      [64 * KIB, 64 * KIB],
      [64 * KIB + 1, 64 * KIB],
      [1_000_000, 64 * KIB],
    ] as const) {
      const peer = rawPeer({ wire });
      peer.send(goAway(0, "INTERNAL_ERROR", sent), syn(3, "behind"));
      expect(peer.session.stats().streamsReceived).toBe(1);
      peer.end();
      const { remoteDebug } = await peer.session.closed;
      expect(remoteDebug).toHaveLength(kept);
    }
  });

  it("sends 1 KiB of debug data at the most", () => {
    const peer = rawPeer({ wire });
    expect(() => peer.session.goAway("NO_ERROR", bytes(1025))).toThrow(RangeError);
    expect(() => peer.session.goAway("NO_ERROR", "€".repeat(342))).toThrow("debug.length");
    expect(peer.take()).toEqual([]);
    peer.session.goAway("NO_ERROR", bytes(1024));
    expect(peer.take()).toMatchObject([{ debug: bytes(1024) }, { streamId: 0x7fff_ffff }]);
  });
});

describe("14. misuse of GOAWAY, in Yamux's layout", () => {
  it("it names no last id, so streams of ours go on, and only those that never left are safe to retry", async () => {
    const peer = rawPeer({ wire: { ...yamux, maxUnacknowledged: 1 } });
    const [sent, held] = [peer.session.open(), peer.session.open()];
    peer.take();
    peer.send(goAway(0));
    expect(sent.error).toBeUndefined();
    expect(held.error).toMatchObject({ code: "REMOTE_GONE_AWAY", retry: "safe" });
    peer.send(data(sent.id, "on"));
    expect(sent.take()).toEqual(bytes("on"));
    await expectUnharmed(peer);
  });

  it("sends no debug data", () => {
    const peer = rawPeer({ wire: yamux });
    expect(() => peer.session.goAway("NO_ERROR", bytes(1))).toThrow(RangeError);
    expect(peer.take()).toEqual([]);
  });
});

describe.each(wires)("14. misuse of GOAWAY by repetition, on $name", ({ wire }) => {
  it("so many may come as say anything, and one more ends the session", async () => {
    const peer = rawPeer({ wire });
    for (let times = 0; times < 16; times++) peer.send(goAway(0));
    expect(peer.take()).toEqual([]);
    peer.send(goAway(0));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });
});

describe.each(wires)("15. commands inside callbacks, on $name", ({ wire }) => {
  /** A session with a stream of the peer's, and what the application does when bytes arrive on it. */
  async function observed(onReadable: (peer: RawPeer, stream: Stream) => void) {
    const peer = rawPeer({ wire });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    let depth = 0;
    let deepest = 0;
    let calls = 0;
    stream.observe({
      onReadable: () => {
        deepest = Math.max(deepest, ++depth);
        calls++;
        onReadable(peer, stream);
        depth--;
      },
      onWritable: () => {},
    });
    return { peer, stream, facts: () => ({ deepest, calls }) };
  }

  it("open: the stream is there, and the rest of the chunk is handled", async () => {
    let opened: Stream | undefined;
    const { peer, stream } = await observed((session) => {
      opened ??= session.session.open();
    });
    peer.send(data(3, "one"), data(3, "two"), syn(5));
    expect(Buffer.concat(takePieces(stream)).toString()).toBe("onetwo");
    expect(peer.session.stats()).toMatchObject({ streamsOpened: 1, streamsReceived: 2 });
    expect(brief(peer.take())).toEqual([`${opened!.id}: DATA 0 SYN`]);
  });

  it("reset: the rest of the stream's frames is dropped without an answer, others go on", async () => {
    const { peer, stream, facts } = await observed((_, inner) => inner.reset());
    peer.send(data(3, "one"), data(3, "two"), fin(3), increment(3, 5), syn(5, "other"));
    expect(facts()).toEqual({ deepest: 1, calls: 1 });
    // Its end is told later, once: a command calls nobody back.
    await peer.settle();
    expect(facts()).toEqual({ deepest: 1, calls: 2 });
    expect(stream.error).toMatchObject({ code: "STREAM_CANCELLED", origin: "local" });
    expect(brief(peer.take())).toEqual(["3: RST STREAM_CANCELLED"]);
    expect((await peer.session.accept()).take()).toEqual(bytes("other"));
  });

  it("reset in the middle of a body: its rest is dropped and the framing kept", async () => {
    const { peer, stream } = await observed((_, inner) => inner.reset());
    const frame = peer.encode(data(3, 1000));
    peer.sendBytes(frame.subarray(0, 500));
    peer.sendBytes(frame.subarray(500));
    expect(() => stream.take()).toThrow(stream.error);
    await expectUnharmed(peer);
  });

  it("close: the stream ends in both directions once FIN arrives in the same chunk", async () => {
    const { peer } = await observed((_, inner) => void inner.close());
    peer.send(data(3, "one"), fin(3));
    expect(brief(peer.take())).toEqual(["3: DATA 0 FIN"]);
    expect(peer.session.stats().openStreams).toBe(0);
  });

  it("session.close: the rest of the chunk is handled, streams drain, then all ends", async () => {
    const { peer, stream } = await observed(({ session }) => void session.close());
    peer.send(data(3, "one"), syn(5), fin(3));
    expect(brief(peer.take())).toEqual(["5: RST STREAM_REFUSED"]);
    expect(takePieces(stream)).toHaveLength(1);
    await stream.close();
    expect(brief(peer.take())).toEqual(["3: DATA 0 FIN", goAwayLine(wire, 3, "NO_ERROR")]);
    expect(peer.sessionHasEnded).toBe(true);
  });

  it("session.destroy: the rest of the chunk is not handled", async () => {
    const { peer } = await observed(({ session }) => session.destroy(new Error("enough")));
    peer.send(data(3, "one"), syn(5), syn(4));
    expect(brief(peer.take())).toEqual([goAwayLine(wire, 3, "INTERNAL_ERROR")]);
    expect(peer.session.stats().streamsReceived).toBe(1);
  });

  it("session.goAway: a SYN later in the chunk is refused already", async () => {
    const { peer } = await observed(({ session }) => session.goAway());
    peer.send(data(3, "one"), syn(5));
    expect(brief(peer.take())).toEqual([
      goAwayLine(wire, 3, "NO_ERROR"),
      ...(wire.name === "muxado" ? [`${0x7fff_ffff}: DATA 0 FIN`] : []),
      "5: RST STREAM_REFUSED",
    ]);
  });

  it("nothing is written while input is handled: it all leaves in one write after it", async () => {
    const { peer } = await observed(({ session }, stream) => {
      stream.offer(bytes("echo"));
      session.open().offer(bytes("more"));
    });
    peer.send(data(3, "one"), data(3, "two"), data(3, "three"));
    expect(peer.takeChunks()).toHaveLength(1);
  });

  it("offers from a drain that is reported inside a write never recurse", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3), increment(3, 100_000_000));
    const stream = await peer.session.accept();
    const chunk = new Uint8Array(100_000);
    let left = 200;
    let depth = 0;
    let deepest = 0;
    const offer = (): void => {
      deepest = Math.max(deepest, ++depth);
      while (left > 0 && stream.offer(chunk) === chunk.length) left--;
      depth--;
    };
    stream.observe({ onReadable: () => {}, onWritable: offer });
    offer();
    // An offer that was taken in part counts as not taken here, so more arrives than was asked for.
    expect(contentOf(peer.take(), 3).length).toBeGreaterThanOrEqual(20_000_000);
    expect([left, deepest]).toEqual([0, 1]);
  });
});

describe.each(wires)("16. inflation of windows, on $name", ({ wire }) => {
  const ROUND_TRIP = 100;

  /** A stream of the peer's on a session that knows the round trip. */
  async function tuned(options: Parameters<typeof rawPeer>[0] = {}) {
    const peer = rawPeer({ wire, ...options });
    peer.session.reportRoundTrip(ROUND_TRIP);
    await peer.advance(1);
    peer.send(syn(3));
    return { peer, stream: await peer.session.accept() };
  }

  /** Sends so much and has it read; then so many milliseconds pass. */
  async function consume(peer: RawPeer, stream: Stream, length: number, ms: number): Promise<void> {
    for (let left = length; left > 0; left -= 64 * KIB) {
      peer.send(data(stream.id, Math.min(left, 64 * KIB)));
    }
    takePieces(stream);
    peer.take();
    await peer.advance(ms);
  }

  /** In each round trip the peer sends all that it has credit for, and it is read at once. The windows seen. */
  async function saturate(peer: RawPeer, stream: Stream, roundTrips: number): Promise<number[]> {
    let credit = WINDOW;
    const sizes = new Set<number>();
    for (let round = 0; round < roundTrips; round++) {
      let granted = 0;
      for (; credit > 0; credit -= Math.min(credit, 64 * KIB)) {
        peer.send(data(stream.id, Math.min(credit, 64 * KIB)));
        takePieces(stream);
        for (const frame of peer.take()) if (frame.type === "increment") granted += frame.increment;
        sizes.add(stream.stats().receiveWindow);
      }
      credit = granted;
      await peer.advance(ROUND_TRIP);
    }
    return [...sizes];
  }

  it("is not had by sending: what nobody reads makes no window grow", async () => {
    const { peer, stream } = await tuned();
    for (let count = 0; count < 4; count++) peer.send(data(3, 64 * KIB));
    expect(peer.take()).toEqual([]);
    expect(stream.stats()).toMatchObject({ receiveWindow: WINDOW, bytesUnread: WINDOW });
    peer.send(data(3, 1));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
  });

  it("is not had by a reader that is slow", async () => {
    const { peer, stream } = await tuned();
    // Half a window in two round trips, which is a window in four.
    for (let count = 0; count < 20; count++) {
      await consume(peer, stream, 128 * KIB, 2 * ROUND_TRIP);
    }
    expect(stream.stats().receiveWindow).toBe(WINDOW);
  });

  it("is had by a reader that keeps up", async () => {
    const { peer, stream } = await tuned();
    await consume(peer, stream, 128 * KIB, 2 * ROUND_TRIP - 1);
    expect(stream.stats().receiveWindow).toBe(WINDOW);
    await consume(peer, stream, 128 * KIB, 0);
    expect(stream.stats().receiveWindow).toBe(2 * WINDOW);
  });

  it("needs no help: the round trip is measured by credit", async () => {
    const peer = rawPeer({ wire });
    await peer.advance(1);
    peer.send(syn(3));
    const stream = await peer.session.accept();
    expect(await saturate(peer, stream, 1)).toEqual([WINDOW]);
    expect(peer.session.stats().roundTrip).toBeUndefined();
    expect(await saturate(peer, stream, 1)).toEqual([WINDOW, 2 * WINDOW]);
    expect(peer.session.stats().roundTrip).toBe(ROUND_TRIP);
  });

  it.each([64 * WINDOW, 3 * WINDOW, WINDOW + 1])("ends at maxWindowSize: %i", async (most) => {
    // 16 MiB is the default.
    const maxWindowSize = most === 64 * WINDOW ? undefined : most;
    const { peer, stream } = await tuned({ maxWindowSize });
    const sizes = await saturate(peer, stream, 6);
    expect(Math.max(...sizes)).toBe(most);
    // The peer has that much at the most, and not a byte more.
    const { remaining, owed } = (stream as InternalStream).receiving.window;
    expect(remaining + owed).toBe(most);
  });

  it("does not happen to a window of a given size", async () => {
    const { peer, stream } = await tuned({ windowSize: WINDOW, maxWindowSize: 4 * WINDOW });
    expect(await saturate(peer, stream, 6)).toEqual([WINDOW]);
  });

  it("is out of a quarter of the budget, which has it back at the end", async () => {
    const { peer, stream } = await tuned({ memoryBudget: 12 * WINDOW });
    const sizes = await saturate(peer, stream, 6);
    expect(sizes.map((size) => size / WINDOW)).toEqual([1, 2, 4]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4 * WINDOW);
    stream.reset();
    peer.send(syn(5));
    expect((await saturate(peer, await peer.session.accept(), 6)).slice(0, 4)).toEqual(
      sizes.slice(0, 4),
    );
  });

  it("may be of the whole budget for reading, and one byte more has the largest reset", () => {
    // The two pieces of each stream cost something, too.
    const peer = rawPeer({ wire, memoryBudget: 2 * (100 * KIB + 2 * OVERHEAD_OF_A_PIECE) });
    for (const id of [3, 5]) peer.send(syn(id, 60 * KIB));
    for (const id of [3, 5]) peer.send(data(id, 40 * KIB));
    expect(peer.take()).toEqual([]);
    peer.send(data(5, 1));
    expect(brief(peer.take())).toEqual(["5: RST ENHANCE_YOUR_CALM"]);
    expect(peer.session.stats().openStreams).toBe(1);
  });

  it("10 000 streams that are filled and never read stay under the budget, and a small one goes on", async () => {
    const memoryBudget = 8 * 1024 * KIB;
    const body = bytes(16 * KIB);
    const peer = rawPeer({ wire, memoryBudget });
    const streams: Stream[] = [];
    void (async () => {
      for await (const stream of peer.session) streams.push(stream);
    })();
    peer.send(syn(1, "innocent"));
    let most = 0;
    for (let count = 1; count <= 10_000; count++) {
      const id = 1 + 2 * count;
      peer.send(syn(id, body), data(id, body));
      const { memoryUnread, memoryUnsent } = peer.session.stats();
      most = Math.max(most, memoryUnread + memoryUnsent);
      if (count % 1000 === 0) {
        await peer.settle();
        peer.take();
      }
    }
    await peer.settle();
    expect(most).toBeGreaterThan(memoryBudget / 2);
    expect(most).toBeLessThanOrEqual(memoryBudget);
    const [innocent] = streams;
    const { resetsSent } = peer.session.stats();
    expect(["ACCEPT_QUEUE_FULL", "ENHANCE_YOUR_CALM"]).toEqual(
      expect.arrayContaining(Object.keys(resetsSent)),
    );
    const ended = Object.values(resetsSent).reduce((sum, count) => sum + count, 0);
    expect(ended).toBeGreaterThan(10_000 - memoryBudget / (32 * KIB));
    peer.take();
    peer.send(data(1, ", still"));
    expect(Buffer.concat(takePieces(innocent!)).toString()).toBe("innocent, still");
    await innocent!.write(bytes("here"));
    expect(contentOf(peer.take(), 1)).toEqual(bytes("here"));
  });
});

describe.each(wires)("deadlines of state, on $name", ({ wire }) => {
  describe("a stream that was closed here and that the peer does not end", () => {
    async function closed(options: Parameters<typeof rawPeer>[0]) {
      const peer = rawPeer({ wire, ...options });
      peer.send(syn(3));
      const stream = await peer.session.accept();
      await stream.close();
      expect(brief(peer.take())).toEqual(["3: DATA 0 FIN"]);
      return { peer, stream };
    }

    it("is reset when its time is over, and not before", async () => {
      const { peer, stream } = await closed({ streamCloseTimeout: 1000 });
      await peer.advance(999);
      expect(peer.take()).toEqual([]);
      await peer.advance(1);
      expect(brief(peer.take())).toEqual(["3: RST STREAM_CANCELLED"]);
      expect(stream.error).toMatchObject({
        code: "STREAM_CANCELLED",
        scope: "stream",
        origin: "local",
        message: expect.stringContaining("1000 ms"),
      });
      expect(peer.session.stats().openStreams).toBe(0);
      await expectNothingDue(peer);
      await expectUnharmed(peer);
    });

    it("has 5 minutes by default, and for ever if told so", async () => {
      const { peer, stream } = await closed({});
      await peer.advance(299_999);
      expect(stream.error).toBeUndefined();
      await peer.advance(1);
      expect(stream.error).toMatchObject({ code: "STREAM_CANCELLED" });
      const patient = await closed({ streamCloseTimeout: Infinity });
      await patient.peer.advance(1e9);
      expect(patient.peer.clock.timers).toEqual([]);
      expect(patient.stream.error).toBeUndefined();
    });

    it.each([
      ["FIN", fin(3)],
      ["a reset", reset(3, "STREAM_CLOSED")],
      ["data, which is refused", data(3, 1)],
    ])("is over with %s, and leaves no timer", async (_, end) => {
      const { peer } = await closed({ streamCloseTimeout: 1000 });
      peer.send(end);
      expect(peer.session.stats().openStreams).toBe(0);
      await expectNothingDue(peer);
      peer.take();
      await peer.advance(10_000);
      expect(peer.take()).toEqual([]);
    });

    it("has its time from FIN on: what it had to write is another's deadline", async () => {
      const peer = rawPeer({ wire, streamCloseTimeout: 1000 });
      peer.send(syn(3));
      const stream = await peer.session.accept();
      void stream.write(bytes(WINDOW + 1)).catch(() => undefined);
      void stream.close().catch(() => undefined);
      peer.take();
      await peer.advance(5000);
      expect(stream.error).toBeUndefined();
      peer.send(increment(3, 1));
      expect(brief(peer.take())).toEqual(["3: DATA 1", "3: DATA 0 FIN"]);
      await peer.advance(999);
      expect(stream.error).toBeUndefined();
      await peer.advance(1);
      expect(stream.error).toMatchObject({ code: "STREAM_CANCELLED" });
    });

    it("is not one that was only half-closed: its peer may take all the time it needs", async () => {
      const peer = rawPeer({ wire, streamCloseTimeout: 1000 });
      peer.send(syn(3));
      const stream = await peer.session.accept();
      await stream.closeWrite();
      await expectNothingDue(peer);
      await peer.advance(1e9);
      peer.send(data(3, "late"));
      expect(stream.take()).toEqual(bytes("late"));
    });
  });

  describe("a stream that nobody accepts", () => {
    it("is refused between one and two times the timeout", async () => {
      const peer = rawPeer({ wire, acceptTimeout: 1000 });
      peer.send(syn(3));
      await peer.advance(500);
      peer.send(syn(5));
      await peer.advance(1499);
      expect(peer.take()).toEqual([]);
      // 3 has waited for 2000 ms, 5 for 1500.
      await peer.advance(1);
      expect(brief(peer.take())).toEqual(["3: RST STREAM_REFUSED", "5: RST STREAM_REFUSED"]);
      expect(peer.session.stats()).toMatchObject({ openStreams: 0, waitingForAccept: 0 });
      expect(peer.clock.timers).toEqual([]);
      await expectUnharmed(peer);
    });

    it("is never refused before its time, whenever it comes", async () => {
      for (let at = 0; at <= 3000; at += 250) {
        const peer = rawPeer({ wire, acceptTimeout: 1000 });
        peer.send(syn(3));
        await peer.advance(at);
        peer.send(syn(5));
        await peer.advance(1000);
        expect(brief(peer.take())).not.toContain("5: RST STREAM_REFUSED");
        await peer.advance(1000);
        peer.take();
        expect(peer.session.stats().waitingForAccept).toBe(0);
      }
    });

    it("has a minute or two by default, on Yamux half of that, and for ever if told so", async () => {
      const peer = rawPeer({ wire });
      peer.send(syn(3));
      await peer.advance(wire.name === "muxado" ? 119_999 : 59_999);
      expect(peer.take()).toEqual([]);
      await peer.advance(1);
      expect(brief(peer.take())).toEqual(["3: RST STREAM_REFUSED"]);
      const patient = rawPeer({ wire, acceptTimeout: Infinity });
      patient.send(syn(3));
      expect(patient.clock.timers).toEqual([]);
      await patient.advance(1e9);
      expect((await patient.session.accept()).id).toBe(3);
    });

    it("leaves no timer when it is accepted after all", async () => {
      const peer = rawPeer({ wire, acceptTimeout: 1000 });
      peer.send(syn(3), syn(5));
      await peer.advance(1500);
      const stream = await peer.session.accept();
      expect(peer.clock.timers).toHaveLength(1);
      await peer.session.accept();
      await expectNothingDue(peer);
      expect(stream.error).toBeUndefined();
    });

    it("and that the peer has reset is given up without an answer", async () => {
      const peer = rawPeer({ wire, acceptTimeout: 1000 });
      peer.send(syn(3), reset(3, "STREAM_CANCELLED"));
      await peer.advance(2000);
      expect(peer.take()).toEqual([]);
      expect(peer.session.stats().waitingForAccept).toBe(0);
      expect(peer.clock.timers).toEqual([]);
    });
  });

  it("a drain that never ends has closeTimeout; Infinity switches it off", async () => {
    const peer = rawPeer({ wire, closeTimeout: 1000 });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    void peer.session.close();
    await peer.advance(999);
    expect(stream.error).toBeUndefined();
    await peer.advance(1);
    expect(stream.error).toMatchObject({ code: "DRAIN_TIMEOUT", scope: "session" });
    peer.end();
    expect(await peer.session.closed).toMatchObject({ localError: { code: "DRAIN_TIMEOUT" } });
    expect(peer.clock.timers).toEqual([]);
    const patient = rawPeer({ wire, closeTimeout: Infinity });
    patient.send(syn(3));
    await patient.session.accept();
    void patient.session.close();
    await expectNothingDue(patient);
    expect(patient.session.stats().openStreams).toBe(1);
  });

  it.each(["destroy", "the transport's end"])("no timer is left after %s", async (end) => {
    const peer = rawPeer({ wire });
    peer.send(syn(3), syn(5), syn(7));
    const [closing, writing] = [await peer.session.accept(), await peer.session.accept()];
    void closing.close();
    void writing.write(bytes(WINDOW + 1)).catch(() => undefined);
    peer.take();
    // One each for what is stalled, closed and not accepted.
    expect(peer.clock.timers).toHaveLength(3);
    if (end === "destroy") peer.session.destroy();
    peer.take();
    peer.end();
    await peer.session.closed;
    expect(peer.clock.timers).toEqual([]);
  });
});

describe.each(wires)("19. pinned buffers, on $name", ({ wire }) => {
  /** A chunk of 64 KiB that ends with ten bytes for stream 3, and begins with much for stream 5. */
  function largeChunk(): Frame[] {
    return [data(5, 64 * KIB), data(3, "ten bytes!")];
  }

  it("10 unread bytes do not keep a 64 KiB chunk alive", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3), syn(5));
    const stream = await peer.session.accept();
    peer.send(...largeChunk());
    const piece = stream.take()!;
    expect(piece).toEqual(bytes("ten bytes!"));
    expect(piece.buffer.byteLength).toBeLessThanOrEqual(64);
  });

  it("nor do 10 bytes that go to a reader at once", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3), syn(5));
    const stream = await peer.session.accept();
    const reading = stream.read();
    peer.send(...largeChunk());
    const piece = await reading;
    expect(piece).toEqual(bytes("ten bytes!"));
    expect(piece!.buffer.byteLength).toBeLessThanOrEqual(64);
  });
});

describe.each(wires)("20. silent failure, on $name", ({ wire }) => {
  it("whatever bytes come, receive does not throw and the session ends at worst", async () => {
    const random = new Random(20);
    for (let round = 0; round < 150; round++) {
      const peer = rawPeer({ wire, role: random.pick(["client", "server"]) });
      peer.session.open();
      peer.flush();
      for (let count = 0; count < 20; count++) {
        const noise = Uint8Array.from({ length: random.below(40) }, () => random.below(256));
        // Half of the time something that has the form of a frame.
        if (random.oneIn(2) && noise.length >= wire.dataHeaderLength) {
          const length = noise.length - wire.dataHeaderLength;
          noise.set(
            wire.name === "muxado"
              ? [0, 0, length, random.below(4) << 4, 0, 0, 0, random.below(12)]
              : yamuxHeader(random.below(2), random.below(16), random.below(12), length),
          );
        }
        expect(() => peer.sendBytes(noise)).not.toThrow();
      }
      peer.end();
      expect(peer.session.stats().openStreams).toBe(0);
      peer.flush();
      await peer.session.closed;
    }
  });

  it("nothing that a peer does is an unhandled rejection", async () => {
    const reported = vi.fn();
    process.on("unhandledRejection", reported);
    const endings: ((peer: RawPeer) => void)[] = [
      (peer) => peer.send(reset(3, "STREAM_CANCELLED"), reset(2, "STREAM_REFUSED")),
      (peer) => peer.send(increment(3, wire.maxWindow), increment(2, wire.maxWindow)),
      (peer) => peer.send(goAway(0, "INTERNAL_ERROR", "no reason")),
      (peer) => peer.sendBytes(bytes("HTTP/1.1 400 Bad Request")),
      (peer) => peer.end(),
      (peer) => peer.end(new Error("ECONNRESET")),
    ];
    for (const end of endings) {
      const peer = rawPeer({ wire });
      peer.send(syn(3));
      const streams = [await peer.session.accept(), peer.session.open()];
      void peer.session.accept();
      for (const stream of streams) {
        void stream.read();
        void stream.write(new Uint8Array(WINDOW + 1));
        void stream.closeWrite();
        void stream.readable;
        void stream.writable;
      }
      peer.flush();
      end(peer);
      await peer.settle();
      for (const stream of streams) {
        void stream.read();
        void stream.write(bytes(1));
        void stream.close();
      }
      void peer.session.close();
      peer.end();
      peer.flush();
      await peer.session.closed;
    }
    await new Promise(setImmediate);
    process.off("unhandledRejection", reported);
    expect(reported).not.toHaveBeenCalled();
  });

  it("an observer that throws surfaces as itself, and takes no input with it", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    const [onRead, onWrite] = [new Error("in onReadable"), new Error("in onWritable")];
    stream.observe({
      onReadable: () => {
        throw onRead;
      },
      onWritable: () => {
        throw onWrite;
      },
    });
    stream.offer(new Uint8Array(WINDOW + 1));
    peer.take();
    const thrown = await uncaughtIn(() => {
      peer.send(data(3, "one"), increment(3, 10), syn(5, "two"));
      peer.flush();
    });
    expect(thrown).toEqual([onRead, onWrite]);
    expect(stream.take()).toEqual(bytes("one"));
    expect((await peer.session.accept()).take()).toEqual(bytes("two"));
  });

  it("every end has an error that says what, where and whose", async () => {
    const peer = rawPeer({ wire });
    const stream = peer.session.open();
    const reading = stream.read();
    peer.end(new Error("ECONNRESET"));
    const error = await reading.catch((reason: MuxadoError) => reason);
    expect(error).toMatchObject({
      code: "TRANSPORT_FAILED",
      scope: "session",
      origin: "local",
      streamId: 2,
      cause: { message: "ECONNRESET" },
    });
    const { localError } = await peer.session.closed;
    expect(localError).toMatchObject({ code: "TRANSPORT_FAILED", scope: "session" });
  });
});
