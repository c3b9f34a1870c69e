// Rule 11: the header of a frame decides everything, and nothing is allocated for a body that it only declares.

import type { Frame } from "@muxado/frame";
import { brief, bytes, data, pong, rawPeer, syn, wires } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { yamux } from "../yamux.ts";
import { DATA, expectUnharmed, GO_AWAY, PING, RST, SYN, yamuxHeader } from "./proofs.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe.each(wires)("11. amplification by length, on $name", ({ wire }) => {
  /** The header of a DATA frame whose body never arrives. */
  function header(frame: Frame): Uint8Array {
    return rawPeer({ wire }).encode(frame).subarray(0, wire.dataHeaderLength);
  }

  it("an oversized SYN is reset before its body comes", () => {
    const peer = rawPeer({ wire });
    peer.sendBytes(header(syn(3, WINDOW + 1)));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
  });

  it("data beyond the credit is reset before its body comes", () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3, WINDOW));
    peer.sendBytes(header(data(3, 1)));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
  });

  it("data on a stream that is not there is answered before its body comes", () => {
    const peer = rawPeer({ wire });
    peer.sendBytes(header(data(3, 1_000_000)));
    expect(brief(peer.take())).toEqual(["3: RST STREAM_CLOSED"]);
  });

  it("a session allocates nothing for bytes that have only been promised", () => {
    const promise = header(syn(3, WINDOW));
    const peers = Array.from({ length: 200 }, () => rawPeer({ wire }));
    const before = process.memoryUsage().arrayBuffers;
    for (const peer of peers) peer.sendBytes(promise);
    const grown = process.memoryUsage().arrayBuffers - before;
    // They declare 50 MiB.
    expect(grown).toBeLessThan(1024 * KIB);
    expect(peers.every((peer) => peer.session.stats().openStreams === 1)).toBe(true);
  });

  it("a session drops the body of a frame that it refused, and keeps the framing", async () => {
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

  it("the header alone decides about a body of 4 GiB: on a stream that is open, not there, or reset by it", () => {
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

  it("a session drops the body that comes with a reset, and keeps the framing", async () => {
    const peer = rawPeer({ wire: yamux });
    peer.send(syn(3));
    const stream = await peer.session.accept();
    peer.sendBytes(yamuxHeader(DATA, RST, 3, 100_000));
    for (let times = 0; times < 100; times++) peer.sendBytes(bytes(1000));
    expect(stream.error).toMatchObject({ scope: "stream", origin: "remote" });
    expect(peer.take()).toEqual([]);
    await expectUnharmed(peer);
  });

  it("the length in a ping or a GOAWAY announces no body", async () => {
    const peer = rawPeer({ wire: yamux });
    peer.sendBytes(yamuxHeader(PING, SYN, 0, HUGE));
    expect(peer.takeAll()).toEqual([pong(HUGE)]);
    peer.sendBytes(yamuxHeader(GO_AWAY, 0, 0, HUGE));
    await expectUnharmed(peer);
    peer.end();
    expect(await peer.session.closed).toMatchObject({ remoteError: { wireCode: HUGE } });
  });
});
