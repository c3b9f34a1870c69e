// Serves a session by the types of its streams.

import { brief, uncaughtIn, syn } from "@muxado/testkit";
import type { ServeOptions, TypedStream } from "@muxado/typed";
import { afterEach, describe, expect, it, vi } from "vitest";
import { typed, typedPeer } from "./peer.ts";

afterEach(() => vi.restoreAllMocks());

/** A handler that keeps its streams. */
function keeper() {
  const streams: TypedStream[] = [];
  return { streams, handler: (stream: TypedStream) => void streams.push(stream) };
}

describe("serve", () => {
  it("gives each stream to the handler of its type", async () => {
    const { peer, session } = typedPeer();
    const [one, two] = [keeper(), keeper()];
    void session.serve({ 1: one.handler, 0xffffffff: two.handler });
    peer.send(syn(3, typed(1)), syn(5, typed(0xffffffff)), syn(7, typed(1)));
    await peer.settle();
    expect(one.streams.map(({ id }) => id)).toEqual([3, 7]);
    expect(two.streams.map(({ id }) => id)).toEqual([5]);
  });

  it("waits for no handler before it goes on", async () => {
    const { peer, session } = typedPeer();
    const { streams, handler } = keeper();
    void session.serve({
      1: async (stream) => {
        handler(stream);
        await new Promise(() => {});
      },
    });
    peer.send(syn(3, typed(1)), syn(5, typed(1)));
    await peer.settle();
    expect(streams).toHaveLength(2);
  });

  it("refuses streams of other types, so that they are safe to retry elsewhere", async () => {
    const { peer, session } = typedPeer();
    void session.serve({ 1: keeper().handler });
    peer.send(syn(3, typed(2)), syn(5, typed(0)));
    await peer.settle();
    expect(brief(peer.take())).toEqual(["3: RST STREAM_REFUSED", "5: RST STREAM_REFUSED"]);
  });

  it("gives streams of other types to a handler that is there for them", async () => {
    const { peer, session } = typedPeer();
    const [one, others] = [keeper(), keeper()];
    void session.serve({ 1: one.handler }, { otherwise: others.handler });
    peer.send(syn(3, typed(2)), syn(5, typed(1)));
    await peer.settle();
    expect(others.streams).toMatchObject([{ id: 3, type: 2 }]);
    expect(one.streams).toMatchObject([{ id: 5, type: 1 }]);
  });

  it("serves any number of sessions by one table", async () => {
    const { streams, handler } = keeper();
    const routes = { 1: handler };
    for (const { peer, session } of [typedPeer(), typedPeer()]) {
      void session.serve(routes);
      peer.send(syn(3, typed(1)));
      await peer.settle();
    }
    expect(streams).toHaveLength(2);
  });

  it("refuses routes that are none, at once", () => {
    const { session } = typedPeer();
    const handler = (): void => {};
    for (const type of ["abc", "-1", "1.5", "4294967296"]) {
      expect(() => session.serve({ [type]: handler })).toThrow(RangeError);
    }
    expect(() => session.serve({ 7: undefined as never })).toThrow(
      "the handler of type 7 must be a function, got undefined",
    );
  });

  it("resolves when the session is over, however it ended", async () => {
    const { peer, session } = typedPeer();
    const serving = session.serve({});
    peer.end(new Error("cut"));
    expect(await serving).toBe(undefined);
    expect(await session.serve({})).toBe(undefined);
  });

  it("resolves when its signal aborts, and leaves everything else as it is", async () => {
    const { peer, session } = typedPeer();
    const { streams, handler } = keeper();
    const controller = new AbortController();
    const serving = session.serve({ 1: handler }, { signal: controller.signal });
    peer.send(syn(3, typed(1)));
    await peer.settle();
    controller.abort();
    await serving;
    peer.send(syn(5, typed(1)));
    expect(await session.accept()).toMatchObject({ id: 5 });
    expect(streams).toHaveLength(1);
    expect(streams[0]!.error).toBe(undefined);
  });
});

describe("a handler that fails", () => {
  const ways = {
    "by throwing": () => {
      throw new Error("a bug");
    },
    "by rejecting": async () => {
      await Promise.resolve();
      throw new Error("a bug");
    },
  };

  it.each(Object.entries(ways))("%s has its stream reset, and is reported", async (_, handler) => {
    const { peer, session } = typedPeer();
    const reports: [unknown, TypedStream][] = [];
    void session.serve(
      { 1: handler },
      { onError: (error, stream) => reports.push([error, stream]) },
    );
    peer.send(syn(3, typed(1)));
    await peer.settle();
    expect(brief(peer.take())).toEqual(["3: RST INTERNAL_ERROR"]);
    expect(reports).toMatchObject([[{ message: "a bug" }, { id: 3, type: 1 }]]);
    peer.send(syn(5, typed(2)));
    await peer.settle();
    expect(brief(peer.take())).toEqual(["5: RST STREAM_REFUSED"]);
  });

  it("is printed when nobody wants to know", async () => {
    const print = vi.spyOn(console, "error").mockReturnValue();
    const { peer, session } = typedPeer();
    void session.serve({ 7: ways["by throwing"] });
    peer.send(syn(3, typed(7)));
    await peer.settle();
    expect(print.mock.calls).toEqual([
      ["the handler of stream 3 of type 7 failed:", expect.objectContaining({ message: "a bug" })],
    ]);
  });

  it("is not printed when it is the stream that failed: a peer could fill the logs", async () => {
    const print = vi.spyOn(console, "error").mockReturnValue();
    const { peer, session } = typedPeer();
    void session.serve({ 7: async (stream) => void (await stream.read()) });
    peer.send(syn(3, typed(7)));
    await peer.settle();
    peer.send({ type: "reset", streamId: 3, errorCode: 6 });
    await peer.settle();
    expect(print.mock.calls).toEqual([]);
  });

  it("may have a reporter that throws: the error is reported as uncaught", async () => {
    const mistake = new Error("a reporter's own");
    const { peer, session } = typedPeer();
    const onError = (): never => {
      throw mistake;
    };
    void session.serve({ 7: ways["by throwing"] }, { onError });
    const thrown = await uncaughtIn(async () => {
      peer.send(syn(3, typed(7)));
      await peer.settle();
    });
    expect(thrown).toEqual([mistake]);
  });

  it("for all other types is treated alike", async () => {
    const { peer, session } = typedPeer();
    const reports: unknown[] = [];
    const options: ServeOptions = {
      otherwise: ways["by rejecting"],
      onError: (error) => reports.push(error),
    };
    void session.serve({}, options);
    peer.send(syn(3, typed(1)));
    await peer.settle();
    expect(reports).toHaveLength(1);
  });
});
