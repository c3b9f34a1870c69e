// How much a session keeps of ended streams: nothing, whatever the streams waited for when they ended.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Stream } from "@muxado/core";
import { bytes } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { flag, Peer, pong } from "./peer.ts";

/** The engine's garbage collector. Node shows it only with a flag. */
const collect = ((): (() => void) => {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
})();

const COUNT = 100;

/** Calls `make` this many times. Returns how many of the objects still exist when nobody holds them. */
async function survivors(make: (number: number) => object): Promise<number> {
  const made: WeakRef<object>[] = [];
  for (let number = 0; number < COUNT; number++) made.push(new WeakRef(make(number)));
  for (let tries = 0; tries < 5; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    collect();
  }
  return made.filter((one) => one.deref() !== undefined).length;
}

describe("a session whose one unacknowledged stream is never acknowledged", () => {
  const ENDINGS: [string, (stream: Stream, peer: Peer) => void][] = [
    ["are reset", (stream) => stream.reset()],
    [
      "are reset with output that waits",
      (stream) => {
        void stream.write(bytes(100_000));
        stream.reset();
      },
    ],
    [
      "are closed and then reset",
      (stream) => {
        void stream.close();
        stream.reset();
      },
    ],
    [
      "are reset when their SYN was looked at",
      (stream, peer) => {
        peer.take();
        stream.reset();
      },
    ],
    [
      "are reset after an offer, and lose their observer then",
      (stream, peer) => {
        stream.observe({ onReadable() {}, onWritable() {} });
        stream.offer(bytes(10));
        peer.take();
        stream.reset();
        stream.observe(undefined);
      },
    ],
    [
      "are given another priority when they are over",
      (stream, peer) => {
        peer.take();
        stream.reset();
        stream.priority = { urgency: 1 };
      },
    ],
  ];

  it.each(ENDINGS)("keeps none of those that are held and %s", async (_what, end) => {
    const peer = new Peer({ maxUnacknowledged: 1 });
    peer.session.open();
    peer.take();
    const left = await survivors(() => {
      const stream = peer.session.open();
      end(stream, peer);
      return stream;
    });
    peer.take();
    // The youngest streams may still be on the stack.
    expect(left).toBeLessThan(COUNT / 2);
    expect(peer.session.stats()).toMatchObject({ openStreams: 1, memoryUnsent: 0 });
  });

  it("keeps few of those that are held and aborted while the transport is stuck", async () => {
    const peer = new Peer({ maxUnacknowledged: 1 });
    peer.holdWrites();
    peer.session.open();
    peer.take();
    const controller = new AbortController();
    const left = await survivors((number) => {
      const stream = peer.session.open({ signal: controller.signal });
      if (number < COUNT - 1) return stream;
      controller.abort();
      // The session searches the list of streams that wait for their SYN when the next stream joins it.
      peer.session.open().reset();
      return stream;
    });
    expect(left).toBeLessThan(COUNT / 2);
    expect(peer.session.stats().openStreams).toBe(1);
  });
});

describe("a session whose peer acknowledges", () => {
  it("keeps none of the streams that have come and gone", async () => {
    const peer = new Peer({ maxUnacknowledged: 1 });
    const left = await survivors((number) => {
      const stream = peer.session.open();
      void stream.closeWrite();
      peer.take();
      peer.send(flag(1 + 2 * number, "ACK FIN"));
      return stream;
    });
    expect(left).toBeLessThan(COUNT / 2);
    expect(peer.session.stats().openStreams).toBe(0);
  });
});

describe("pings", () => {
  it("that are aborted are forgotten, although their answers never come", async () => {
    const peer = new Peer();
    const left = await survivors(() => {
      const controller = new AbortController();
      void peer.session.ping({ signal: controller.signal });
      controller.abort();
      peer.take();
      return controller.signal;
    });
    expect(left).toBeLessThan(COUNT / 2);
    peer.send(pong(0));
    expect(peer.session.stats().roundTrip).toBe(undefined);
  });
});
