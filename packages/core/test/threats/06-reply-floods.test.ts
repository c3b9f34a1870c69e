// Rule 6: while the transport takes no writes, the output that waits for it does not grow with the peer's input.

import {
  ack,
  brief,
  data,
  fin,
  ping,
  pong,
  type RawPeer,
  rawPeer,
  reset,
  syn,
  wires,
  increment,
} from "@muxado/testkit";
import { describe, expect, it, vi } from "vitest";
import { takePieces } from "../taking.ts";
import { yamux } from "../yamux.ts";
import { expectBreach, expectUnharmed } from "./proofs.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe.each(wires)("6. reply floods, while our writes are blocked, on $name", ({ wire }) => {
  /** A session with a write under way that is never confirmed. */
  function blocked(options: Parameters<typeof rawPeer>[0] = {}): RawPeer {
    const peer = rawPeer({ wire, ...options });
    peer.holdWrites();
    peer.session.open();
    peer.take();
    return peer;
  }

  it("increments merge: one leaves for each stream, however often credit falls due", async () => {
    const peer = blocked({ windowSize: WINDOW });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    for (let round = 0; round < 4; round++) {
      // All bytes that the peer may send without more credit, in eight parts.
      for (let count = 0; count < 2; count++) peer.send(data(3, 32 * KIB));
      takePieces(stream);
      peer.flush();
    }
    peer.releaseWrites();
    expect(brief(peer.take())).toEqual([`3: WNDINC ${256 * KIB}`]);
  });

  it("output that waits for the transport does not grow with the peer's input", () => {
    const peer = blocked();
    peer.send(syn(3), syn(5));
    const before = peer.session.stats().bytesToSend;
    for (let count = 0; count < 10_000; count++) peer.send(data(99, 1), increment(3, 1), fin(5));
    // One reset, of the stream that does not exist.
    expect(peer.session.stats().bytesToSend).toBe(before + wire.controlLength);
  });

  it("as many resets may wait for the transport as the limit says", () => {
    const peer = blocked({ maxWaitingResets: 3 });
    for (const id of [11, 13, 15]) peer.send(data(id, 1));
    peer.releaseWrites();
    expect(brief(peer.take())).toEqual([11, 13, 15].map((id) => `${id}: RST STREAM_CLOSED`));
  });

  it("one waiting reset more ends the session, within the time that the transport is given to end", async () => {
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

  it("resets that have left no longer count as waiting", () => {
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

  it("waiting resets of the application do not count against the peer", async () => {
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
  /** A session with a write under way that is never confirmed. */
  function blocked(): RawPeer {
    const peer = rawPeer({ wire: yamux });
    peer.holdWrites();
    peer.session.open();
    peer.take();
    return peer;
  }

  /** Answers of 12 bytes that may wait while one stream is open. */
  const MOST_ANSWERS = Math.floor((1024 * KIB + 32) / 12);

  it("a peer may send as many pings as answers may wait", async () => {
    const peer = blocked();
    for (let value = 0; value < MOST_ANSWERS; value++) peer.send(ping(value));
    peer.releaseWrites();
    const answers = peer.takeAll();
    expect(answers).toHaveLength(MOST_ANSWERS);
    expect(answers.at(-1)).toEqual(pong(MOST_ANSWERS - 1));
    await expectUnharmed(peer);
  });

  it("one ping more ends the session", async () => {
    const peer = blocked();
    for (let value = 0; value <= MOST_ANSWERS; value++) peer.send(ping(value));
    expect(peer.session.stats().bytesToSend).toBeLessThan(1100 * KIB);
    peer.releaseWrites();
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("pings that are answered leave nothing behind", async () => {
    const peer = rawPeer({ wire: yamux });
    for (let round = 0; round < 20; round++) {
      peer.send(...Array.from({ length: 10_000 }, (_, value) => ping(value)));
      expect(peer.takeAll()).toHaveLength(10_000);
    }
    expect(peer.session.stats().bytesToSend).toBe(0);
    await expectUnharmed(peer);
  });

  it("answers that nobody has asked for are dropped, and so is a second answer to a ping", async () => {
    const peer = rawPeer({ wire: yamux });
    peer.send(...Array.from({ length: 10_000 }, (_, value) => pong(value)));
    const asked = peer.session.ping();
    expect(peer.takeAll()).toEqual([ping(0)]);
    peer.send(pong(1), pong(0), pong(0));
    expect(await asked).toBe(0);
    expect(peer.takeAll()).toEqual([]);
    await expectUnharmed(peer);
  });

  it("one acknowledgement leaves for each stream, and none for a stream that the peer has reset", async () => {
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
