// Appendix B: the limits have the defaults of the specifications, and count the events that these name.
// docs/spec/muxado.md, docs/spec/yamux.md.

import {
  ack,
  data,
  fin,
  type RawPeer,
  rawPeer,
  reset,
  syn,
  wires,
  increment,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { resolveOptions, type SessionOptions } from "../../src/options.ts";
import { accepted, opened } from "../streams.ts";
import { yamux } from "../yamux.ts";
import { specOf, tableOf } from "./tables.ts";

describe.each(wires)("Appendix B, on $name", ({ wire }) => {
  const defaults = resolveOptions("server", { wire });
  /** The beginning of the first cell, the option whose default the row gives, and its unit. */
  const rows: readonly [string, keyof SessionOptions, number][] = [
    [
      "streams that may wait to be accepted when the application has had its turn",
      "acceptBacklog",
      1,
    ],
    ["time until a stream that nobody accepts is refused", "acceptTimeout", 1000],
    ["remote streams that exist at once", "maxInboundStreams", 1],
    ["time that a stream may wait for credit", "writeTimeout", 1000],
    ["time from one's own FIN to the other peer's", "streamCloseTimeout", 1000],
    ["rapid resets in 10 s", "maxRapidResets", 1],
    ["provoked resets in 10 s", "maxProvokedResets", 1],
    ["provoked resets that wait for the transport", "maxWaitingResets", 1],
    ["frames in a row that carry nothing", "maxEmptyFrames", 1],
    ["increments beyond one for each byte sent", "maxUnearnedIncrements", 1],
    ["a drain", "closeTimeout", 1000],
    ["silence after the other peer's", "goAwayTimeout", 1000],
  ];
  const table = tableOf(specOf(wire), "| what | value |");

  it.each(rows)("the table of limits tells the default of '%s'", (words, option, unit) => {
    const row = table.find(({ what }) => what!.split("; ").some((part) => part.startsWith(words)));
    expect(row, words).toBeDefined();
    const [number = ""] = /^[\d ]*\d/.exec(row!["value"]!) ?? [];
    expect(Number(number.replaceAll(" ", "")) * unit).toBe(defaults[option]);
  });
});

describe.each(wires)("events that count towards a limit, on $name", ({ wire }) => {
  it("the reset of a stream on which nothing has come for 10 seconds does not count", async () => {
    const peer = rawPeer({ wire, maxRapidResets: 2 });
    const ids = [3, 5, 7, 9, 11];
    for (const id of ids) {
      peer.send(syn(id, "poll"));
      await peer.session.accept();
    }
    await peer.advance(10_001);
    peer.take();
    peer.send(...ids.map((id) => reset(id, "STREAM_CANCELLED")));
    expect(peer.take()).toEqual([]);
  });

  it("the reset of a stream on which something has just come counts, however old it is", async () => {
    const peer = rawPeer({ wire, maxRapidResets: 2 });
    const ids = [3, 5, 7];
    for (const id of ids) {
      peer.send(syn(id, "poll"));
      await peer.session.accept();
    }
    await peer.advance(3_600_000);
    peer.take();
    for (const id of ids) peer.send(data(id, 1), reset(id, "STREAM_CANCELLED"));
    expect(peer.take().map(({ type }) => type)).toEqual(["goAway"]);
  });

  it.each([
    ["an empty FIN", (id: number) => fin(id)],
    ["an RST", (id: number) => reset(id, "STREAM_CANCELLED")],
  ])("%s for a stream that is not there counts", (_, make) => {
    const peer = rawPeer({ wire });
    for (let times = 0; times < 10_000; times++) peer.send(make(3 + 2 * times));
    expect(peer.take()).toEqual([]);
    for (let times = 0; times < 100; times++) peer.send(make(3 + 2 * times));
    expect(peer.take().map(({ type }) => type)).toEqual(["goAway"]);
  });
});

describe("a frame that carries nothing", () => {
  it("DATA without a body, SYN and FIN carries nothing on muxado, whatever else its flags are", () => {
    for (const flags of [0x0, 0x4, 0x8, 0xc]) {
      const peer = rawPeer({ maxEmptyFrames: 3 });
      const frame = Uint8Array.of(0, 0, 0, 0x10 | flags, 0, 0, 0, 77);
      for (let times = 0; times < 3; times++) peer.sendBytes(frame);
      peer.send(increment(77, 1));
      for (let times = 0; times < 3; times++) peer.sendBytes(frame);
      expect(peer.take(), `flags ${flags}`).toEqual([]);
      peer.sendBytes(frame);
      expect(
        peer.take().map(({ type }) => type),
        `flags ${flags}`,
      ).toEqual(["goAway"]);
    }
  });

  it("an acknowledgement alone carries nothing on Yamux, for a stream that awaits none", async () => {
    const situations: Record<string, (peer: RawPeer) => Promise<number>> = {
      "acknowledged already": async (peer) => {
        const { id } = opened(peer);
        peer.send(ack(id));
        return id;
      },
      "of its own": async (peer) => (await accepted(peer)).id,
      "that is not there": async () => 98,
    };
    for (const [what, prepare] of Object.entries(situations)) {
      const peer = rawPeer({ wire: yamux, maxEmptyFrames: 3 });
      const id = await prepare(peer);
      peer.take();
      peer.send(ack(id), ack(id), ack(id));
      expect(peer.take(), what).toEqual([]);
      peer.send(ack(id));
      expect(
        peer.take().map(({ type }) => type),
        what,
      ).toEqual(["goAway"]);
    }
  });
});
