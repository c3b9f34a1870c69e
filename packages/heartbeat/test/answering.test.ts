// The peer's beats: the heartbeat answers them without the application, on one stream, in bounded memory.

import { Heartbeat } from "@muxado/heartbeat";
import { concatenated, firstDifference, patterned, type RawPeer, rawPeer } from "@muxado/testkit";
import { TypedSession } from "@muxado/typed";
import { describe, expect, it } from "vitest";
import { NOTHING, settledBy, TYPE, typedPair, Watch } from "./watched.ts";

const STREAM_REFUSED = 5;
const STREAM_CANCELLED = 6;

/** Returns a session that beats only when asked, and a peer that a test plays by hand. The peer opens 3, 5, … */
function answering(): { peer: RawPeer; session: TypedSession; heartbeat: Heartbeat } {
  const peer = rawPeer();
  const { clock } = peer;
  const session = new TypedSession(peer.session, { clock, acceptBacklog: 1 });
  const heartbeat = new Heartbeat(session, { clock, interval: Infinity });
  peer.take();
  return { peer, session, heartbeat };
}

function open(peer: RawPeer, streamId: number, body: Uint8Array = TYPE): void {
  peer.send({ type: "data", streamId, syn: true, fin: false, body });
}

function send(peer: RawPeer, streamId: number, body: Uint8Array, fin = false): void {
  peer.send({ type: "data", streamId, syn: false, fin, body });
}

/** Returns the bytes that the session has sent on the stream since the last call. */
function bytesOn(peer: RawPeer, streamId: number): Uint8Array {
  return concatenated(
    peer
      .take()
      .map((frame) =>
        frame.type === "data" && frame.streamId === streamId ? frame.body : NOTHING,
      ),
  );
}

function value(number: number): Uint8Array {
  return Uint8Array.of(number, number + 1, number + 2, number + 3);
}

describe("a beat of the peer's", () => {
  it("comes back as it is, without the application", async () => {
    const { peer } = answering();
    open(peer, 3);
    await peer.settle();
    send(peer, 3, value(7));
    await peer.settle();
    expect(peer.take()).toEqual([
      { type: "data", streamId: 3, syn: false, fin: false, body: value(7) },
    ]);
  });

  it("may come with the type", async () => {
    const { peer } = answering();
    open(peer, 3, concatenated([TYPE, value(7)]));
    await peer.settle();
    expect(bytesOn(peer, 3)).toEqual(value(7));
  });

  it("is one of several, and they come back in order, however they are cut", async () => {
    const { peer } = answering();
    open(peer, 3);
    const beats = patterned(400);
    for (let at = 0, length = 1; at < beats.length; at += length, length = (length % 7) + 1) {
      send(peer, 3, beats.slice(at, at + length));
    }
    await peer.settle();
    expect(bytesOn(peer, 3)).toEqual(beats);
  });

  it("comes back once it is complete", async () => {
    const { peer } = answering();
    open(peer, 3);
    send(peer, 3, value(7).subarray(0, 3));
    await peer.settle();
    expect(peer.take()).toEqual([]);
    send(peer, 3, value(7).subarray(3));
    await peer.settle();
    expect(bytesOn(peer, 3)).toEqual(value(7));
  });

  it("never reaches accept, and does not block streams that do", async () => {
    const { peer, session } = answering();
    const accepting = session.accept();
    open(peer, 3);
    await peer.settle();
    expect(session.stats().waitingForAccept).toBe(0);
    open(peer, 5, Uint8Array.of(0, 0, 0, 9));
    expect(await accepting).toMatchObject({ id: 5, type: 9 });
  });

  it("is answered by an application that never accepts, also behind a full backlog", async () => {
    const { peer } = answering();
    for (const streamId of [3, 5, 7]) open(peer, streamId, new Uint8Array(4));
    await peer.settle();
    open(peer, 9);
    send(peer, 9, value(7));
    await peer.settle();
    expect(bytesOn(peer, 9)).toEqual(value(7));
  });

  it("is answered even when it is the last before the peer half-closes; then the stream is over", async () => {
    const { peer, session } = answering();
    const { openStreams } = session.stats();
    open(peer, 3);
    send(peer, 3, concatenated([value(7), value(9)]), true);
    await peer.settle();
    const frames = peer.take().filter((frame) => frame.type === "data");
    expect(concatenated(frames.map(({ body }) => body))).toEqual(
      concatenated([value(7), value(9)]),
    );
    expect(frames.at(-1)).toMatchObject({ streamId: 3, fin: true });
    expect(session.stats().openStreams).toBe(openStreams);
  });

  it("does not hold up a close of either side", async () => {
    const { pair, client, server } = typedPair();
    const { clock } = pair;
    new Watch(client, { clock });
    new Watch(server, { clock, interval: Infinity });
    await pair.advance(10_000);
    const closing = settledBy(server.close({ timeout: Infinity }));
    await pair.advance(100);
    expect(closing.settled).toBe(true);
  });
});

describe("a second heartbeat stream of the peer's", () => {
  it("is refused while the first is there, and the first continues", async () => {
    const { peer } = answering();
    open(peer, 3);
    open(peer, 5);
    await peer.settle();
    expect(peer.take()).toEqual([{ type: "reset", streamId: 5, errorCode: STREAM_REFUSED }]);
    send(peer, 3, value(7));
    await peer.settle();
    expect(bytesOn(peer, 3)).toEqual(value(7));
  });

  const ENDS: [string, (peer: RawPeer) => void][] = [
    ["with FIN", (peer) => send(peer, 3, NOTHING, true)],
    [
      "with a reset",
      (peer) => peer.send({ type: "reset", streamId: 3, errorCode: STREAM_CANCELLED }),
    ],
    ["in the middle of a beat", (peer) => send(peer, 3, Uint8Array.of(1, 2), true)],
  ];

  it.each(ENDS)("is answered once the first has ended, %s", async (_how, end) => {
    const { peer } = answering();
    open(peer, 3);
    await peer.settle();
    end(peer);
    await peer.settle();
    peer.take();
    open(peer, 5);
    send(peer, 5, value(7));
    await peer.settle();
    expect(bytesOn(peer, 5)).toEqual(value(7));
  });

  it.each(ENDS)("is answered when it comes with the end of the first, %s", async (_how, end) => {
    const { peer } = answering();
    open(peer, 3);
    await peer.settle();
    end(peer);
    open(peer, 5);
    send(peer, 5, value(7));
    await peer.settle();
    expect(bytesOn(peer, 5)).toEqual(value(7));
  });

  it("is answered after a reset of the first that had not been answered for lack of credit", async () => {
    const { peer } = answering();
    open(peer, 3);
    send(peer, 3, new Uint8Array(200_000));
    send(peer, 3, new Uint8Array(200_000));
    await peer.settle();
    peer.send({ type: "reset", streamId: 3, errorCode: STREAM_CANCELLED });
    await peer.settle();
    peer.take();
    open(peer, 5);
    send(peer, 5, value(7));
    await peer.settle();
    expect(bytesOn(peer, 5)).toEqual(value(7));
  });
});

describe("a peer that sends beats and does not read", () => {
  /** Sends beats as long as the peer has credit. Returns the number of bytes sent. */
  async function flood(peer: RawPeer): Promise<number> {
    let credit = 262_144 - TYPE.length;
    let sent = 0;
    for (let round = 0; round < 1000 && credit >= 4096; round++) {
      send(peer, 3, patterned(4096, sent));
      credit -= 4096;
      sent += 4096;
      await peer.settle();
      for (const frame of peer.take()) {
        if (frame.type === "increment" && frame.streamId === 3) credit += frame.increment;
      }
    }
    return sent;
  }

  it("gives no credit: its own credit ends, and the session keeps only the bytes of that credit", async () => {
    const { peer, session } = answering();
    open(peer, 3);
    const sent = await flood(peer);
    // Our echoes have used up the peer's window. The beats after them are unread, and our window limits them.
    expect(sent).toBeLessThan(4 * 262_144);
    expect(session.stats().bytesToSend).toBe(0);
    // The heartbeat answers every byte of it, once there is room.
    peer.send({ type: "increment", streamId: 3, increment: 10_000_000 });
    await peer.settle();
    expect(firstDifference(bytesOn(peer, 3), patterned(sent).subarray(262_144))).toBe(-1);
  });

  it("and whose transport takes nothing: the session's output is bounded, too", async () => {
    const { peer, session } = answering();
    open(peer, 3);
    await peer.settle();
    peer.holdWrites();
    await flood(peer);
    expect(session.stats().bytesToSend).toBeLessThan(1_000_000);
  });
});

describe("credit that comes byte by byte", () => {
  it("lets the echoes leave one by one, and loses none of their bytes", async () => {
    const { peer } = answering();
    open(peer, 3);
    const beats = patterned(262_144 + 12);
    for (let at = 0; at < beats.length; at += 100_000) {
      send(peer, 3, beats.slice(at, at + 100_000));
      await peer.settle();
    }
    let echoed = bytesOn(peer, 3);
    expect(echoed.length).toBe(262_144);
    for (let count = 0; count < 12; count++) {
      peer.send({ type: "increment", streamId: 3, increment: 1 });
      await peer.settle();
      echoed = concatenated([echoed, bytesOn(peer, 3)]);
      expect(echoed.length).toBe(262_144 + 4 * Math.floor((count + 1) / 4));
    }
    expect(firstDifference(echoed, beats)).toBe(-1);
  });
});

describe("two sessions, each with a heartbeat", () => {
  it("whose bytes are cut anywhere answer each other", async () => {
    const { pair, client, server } = typedPair({ chunks: "cut", latency: [1, 90], seed: 3 });
    const { clock } = pair;
    const watches = [client, server].map((session) => new Watch(session, { clock, interval: 300 }));
    await pair.advance(60_000);
    for (const { roundTrips, failures } of watches) {
      expect(failures).toEqual([]);
      expect(roundTrips.length).toBeGreaterThan(150);
      expect(Math.min(...roundTrips)).toBeGreaterThan(0);
    }
  });
});
