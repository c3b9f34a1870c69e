// An abort signal stops only the operation that it was given to, and keeps no listener after that is over.

import { getEventListeners } from "node:events";
import { brief, bytes, contentOf, data, fin, rawPeer, syn, increment } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { accepted, opened } from "../streams.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe("abort signals", () => {
  const controllerWith = (): { controller: AbortController; listeners: () => number } => {
    const controller = new AbortController();
    return {
      controller,
      listeners: () => getEventListeners(controller.signal, "abort").length,
    };
  };

  it("an abort cancels a read, and the stream goes on", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer);
    const { controller, listeners } = controllerWith();
    const reading = stream.read({ signal: controller.signal });
    expect(listeners()).toBe(1);
    controller.abort("late");
    await expect(reading).rejects.toBe("late");
    expect(listeners()).toBe(0);
    peer.send(data(3, "next"));
    expect(await stream.read()).toEqual(bytes("next"));
  });

  it("an abort cancels a write: its unsent bytes are taken back, and the stream goes on", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    const { controller, listeners } = controllerWith();
    const writing = stream.write(bytes(WINDOW + 5000), { signal: controller.signal });
    expect(contentOf(peer.take(), 2)).toHaveLength(WINDOW);
    controller.abort("late");
    await expect(writing).rejects.toBe("late");
    expect(listeners()).toBe(0);
    const next = stream.write(bytes("next"));
    peer.send(increment(2, WINDOW));
    expect(contentOf(peer.take(), 2)).toEqual(bytes("next"));
    await next;
  });

  it("an abort of a write in front of others lets those pass", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    const { controller } = controllerWith();
    const first = stream.write(bytes(WINDOW + 5000), { signal: controller.signal });
    peer.take();
    const second = stream.write(bytes(0));
    const third = stream.closeWrite();
    controller.abort("late");
    await expect(first).rejects.toBe("late");
    expect(brief(peer.take())).toEqual(["2: DATA 0 FIN"]);
    await Promise.all([second, third]);
  });

  it("an abort of a write that is on its way leaves the ones behind it alone", async () => {
    const peer = rawPeer();
    const stream = opened(peer);
    peer.holdWrites();
    const { controller } = controllerWith();
    const first = stream.write(bytes(10 * KIB), { signal: controller.signal });
    peer.flush();
    const second = stream.write(bytes(20 * KIB));
    controller.abort("late");
    await expect(first).rejects.toBe("late");
    peer.releaseWrites();
    expect(contentOf(peer.take(), 2)).toHaveLength(30 * KIB);
    await second;
  });

  it("an abort of a write that is on its way already cannot take it back", async () => {
    const peer = rawPeer();
    peer.holdWrites();
    const stream = opened(peer);
    peer.releaseWrites();
    peer.holdWrites();
    const { controller } = controllerWith();
    const writing = stream.write(bytes(10 * KIB), { signal: controller.signal });
    expect(contentOf(peer.take(), 2)).toHaveLength(10 * KIB);
    controller.abort("late");
    await expect(writing).rejects.toBe("late");
    peer.releaseWrites();
    await stream.write(bytes("next"));
    expect(contentOf(peer.take(), 2)).toEqual(bytes("next"));
  });

  it("a signal that has aborted stops an operation before it begins", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, "there");
    const { session } = peer;
    const signal = AbortSignal.abort("before");
    await expect(stream.read({ signal })).rejects.toBe("before");
    await expect(stream.write(bytes(1), { signal })).rejects.toBe("before");
    await expect(session.accept({ signal })).rejects.toBe("before");
    expect(() => session.open({ signal })).toThrow("before");
    expect(peer.take()).toEqual([]);
    expect(session.stats().streamsOpened).toBe(0);
    expect(await stream.read()).toEqual(bytes("there"));
  });

  it("the signal of a stream resets it, at any time of its life", () => {
    const peer = rawPeer();
    const { controller, listeners } = controllerWith();
    const stream = peer.session.open({ signal: controller.signal });
    peer.send();
    peer.take();
    const reason = new Error("not needed");
    controller.abort(reason);
    expect(brief(peer.take())).toEqual(["2: RST STREAM_CANCELLED"]);
    expect(stream.error).toMatchObject({
      code: "STREAM_CANCELLED",
      origin: "local",
      cause: reason,
    });
    expect(listeners()).toBe(0);
  });

  it("signals keep no listener of anything that is over", async () => {
    const peer = rawPeer();
    const { controller, listeners } = controllerWith();
    const { signal } = controller;
    const streams = Array.from({ length: 4 }, () => peer.session.open({ signal }));
    // One listener for all: an application may use one signal for thousands of operations.
    expect(listeners()).toBe(1);
    const accepting = peer.session.accept({ signal });
    const [first, second, third] = streams;
    const operations = [
      first!.read({ signal }),
      first!.write(bytes(WINDOW), { signal }),
      second!.closeWrite({ signal }),
      accepting,
    ];
    peer.send(syn(3));
    peer.take();
    peer.send(data(2, 1), fin(2), fin(4));
    await Promise.all(operations);
    await first!.closeWrite({ signal });
    third!.reset();
    streams[3]!.reset();
    void peer.session.close({ signal });
    (await accepting).reset();
    await peer.advance(1000);
    peer.end();
    await peer.session.closed;
    expect(listeners()).toBe(0);
  });

  it("an abort of a session's close resets streams that are still open, at once or later, and leaves no listener", async () => {
    for (const when of ["before", "later"]) {
      const peer = rawPeer();
      const { controller, listeners } = controllerWith();
      const stream = opened(peer);
      if (when === "before") controller.abort();
      void peer.session.close({ signal: controller.signal, timeout: Infinity });
      if (when === "later") {
        await peer.advance(1_000_000);
        expect(stream.error).toBeUndefined();
        controller.abort();
      }
      expect(stream.error).toMatchObject({ code: "DRAIN_TIMEOUT" });
      expect(brief(peer.take())).toEqual(["2: RST STREAM_CANCELLED", "GOAWAY 0 NO_ERROR"]);
      expect(listeners()).toBe(0);
    }
  });
});
