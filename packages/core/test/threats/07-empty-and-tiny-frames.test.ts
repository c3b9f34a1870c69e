// Rule 7: empty frames in a row end the session, and tiny frames are charged with their real cost.

import type { Frame } from "@muxado/frame";
import {
  brief,
  data,
  fin,
  goAway,
  ping,
  rawPeer,
  reset,
  syn,
  wires,
  increment,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { yamux } from "../yamux.ts";
import {
  ACK,
  DATA,
  expectBreach,
  expectUnharmed,
  OVERHEAD_OF_A_PIECE,
  WINDOW_UPDATE,
  yamuxHeader,
} from "./proofs.ts";

const KIB = 1024;

describe.each(wires)("7. empty and tiny frames, on $name", ({ wire }) => {
  function empty(times: number): Frame[] {
    return Array.from({ length: times }, () => data(3));
  }

  it.each([
    ["on a stream that is open", [syn(3)]],
    ["on a stream that is not there", []],
  ] as const)("%s: as many empty frames may come in a row as the limit says", async (_, before) => {
    const peer = rawPeer({ wire, maxEmptyFrames: 3 });
    peer.send(...before, ...empty(3));
    expect(peer.take()).toEqual([]);
    if (before.length > 0) await peer.session.accept();
    await expectUnharmed(peer);
  });

  it("one empty frame more ends the session", async () => {
    const peer = rawPeer({ wire, maxEmptyFrames: 3 });
    peer.send(...empty(4));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("the limit is 100 empty frames in a row by default", async () => {
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
  ] as const)("a new row of empty frames begins after %s", async (_, between) => {
    const peer = rawPeer({ wire, maxEmptyFrames: 3 });
    peer.send(syn(3), ...empty(3), between, ...empty(3));
    expect(peer.take()).toEqual([]);
    peer.send(...empty(1));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("frames with SYN, FIN or payload are not empty, however often they come", async () => {
    const peer = rawPeer({ wire, maxEmptyFrames: 0 });
    for (let id = 3; id < 20; id += 2) {
      peer.send(syn(id), data(id, 1), fin(id), fin(id));
      await peer.session.accept();
    }
    await expectUnharmed(peer);
  });

  it("tiny frames are charged with the memory that they cost, not only with their bytes", () => {
    const peer = rawPeer({ wire });
    const ids = Array.from({ length: 100 }, (_, index) => 3 + 2 * index);
    peer.send(...ids.map((id) => syn(id, 1)));
    expect(peer.session.stats().memoryUnread).toBe(100 * (1 + OVERHEAD_OF_A_PIECE));
    // Views, which are not gathered, are charged one by one.
    for (const id of ids) peer.send(data(id, 4 * KIB));
    const { memoryUnread } = peer.session.stats();
    expect(memoryUnread).toBe(100 * (1 + 4 * KIB + 2 * OVERHEAD_OF_A_PIECE));
  });

  it("streams of one byte exhaust the memory budget long before their bytes would", async () => {
    const peer = rawPeer({ wire, memoryBudget: 10 * (1 + OVERHEAD_OF_A_PIECE) });
    peer.send(...Array.from({ length: 10 }, (_, index) => syn(3 + 2 * index, 1)));
    expect(peer.take()).toEqual([]);
    peer.send(syn(99, 1));
    expect(brief(peer.take())[0]).toMatch("RST ENHANCE_YOUR_CALM");
  });
});

describe("7. empty and tiny frames, in Yamux's layout", () => {
  it("an increment of 0 is empty, with or without flags that mean nothing", async () => {
    const peer = rawPeer({ wire: yamux, maxEmptyFrames: 3 });
    peer.send(syn(3), increment(3, 0), data(3), increment(99, 0));
    expect(peer.take()).toEqual([]);
    peer.sendBytes(yamuxHeader(WINDOW_UPDATE, 0xfff0, 3, 0));
    await expectBreach(peer, "ENHANCE_YOUR_CALM");
  });

  it("pings do not end a row of empty frames", async () => {
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
