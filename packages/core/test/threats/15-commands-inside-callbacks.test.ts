// Rule 15: an application may call any command inside a callback. The rest of the chunk finds a consistent session.

import type { Stream } from "@muxado/core";
import {
  brief,
  bytes,
  contentOf,
  data,
  fin,
  type RawPeer,
  rawPeer,
  syn,
  wires,
  increment,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { takePieces } from "../taking.ts";
import { expectUnharmed, goAwayLine } from "./proofs.ts";

describe.each(wires)("15. commands inside callbacks, on $name", ({ wire }) => {
  /** A session with a stream of the peer, and the application's reaction to bytes that arrive on it. */
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

  it("open inside a callback makes the stream at once, and the rest of the chunk is handled", async () => {
    let opened: Stream | undefined;
    const { peer, stream } = await observed((session) => {
      opened ??= session.session.open();
    });
    peer.send(data(3, "one"), data(3, "two"), syn(5));
    expect(Buffer.concat(takePieces(stream)).toString()).toBe("onetwo");
    expect(peer.session.stats()).toMatchObject({ streamsOpened: 1, streamsReceived: 2 });
    expect(brief(peer.take())).toEqual([`${opened!.id}: DATA 0 SYN`]);
  });

  it("a reset inside a callback drops the rest of the stream's frames without an answer, and others go on", async () => {
    const { peer, stream, facts } = await observed((_, inner) => inner.reset());
    peer.send(data(3, "one"), data(3, "two"), fin(3), increment(3, 5), syn(5, "other"));
    expect(facts()).toEqual({ deepest: 1, calls: 1 });
    // Its end is told later, once: a command calls nobody.
    await peer.settle();
    expect(facts()).toEqual({ deepest: 1, calls: 2 });
    expect(stream.error).toMatchObject({ code: "STREAM_CANCELLED", origin: "local" });
    expect(brief(peer.take())).toEqual(["3: RST STREAM_CANCELLED"]);
    expect((await peer.session.accept()).take()).toEqual(bytes("other"));
  });

  it("a reset in the middle of a body drops its rest and keeps the framing", async () => {
    const { peer, stream } = await observed((_, inner) => inner.reset());
    const frame = peer.encode(data(3, 1000));
    peer.sendBytes(frame.subarray(0, 500));
    peer.sendBytes(frame.subarray(500));
    expect(() => stream.take()).toThrow(stream.error);
    await expectUnharmed(peer);
  });

  it("a stream that is closed inside a callback ends in both directions once FIN arrives in the same chunk", async () => {
    const { peer } = await observed((_, inner) => void inner.close());
    peer.send(data(3, "one"), fin(3));
    expect(brief(peer.take())).toEqual(["3: DATA 0 FIN"]);
    expect(peer.session.stats().openStreams).toBe(0);
  });

  it("after session.close inside a callback the rest of the chunk is handled, streams drain, then all ends", async () => {
    const { peer, stream } = await observed(({ session }) => void session.close());
    peer.send(data(3, "one"), syn(5), fin(3));
    expect(brief(peer.take())).toEqual(["5: RST STREAM_REFUSED"]);
    expect(takePieces(stream)).toHaveLength(1);
    await stream.close();
    expect(brief(peer.take())).toEqual(["3: DATA 0 FIN", goAwayLine(wire, 3, "NO_ERROR")]);
    expect(peer.sessionHasEnded).toBe(true);
  });

  it("after session.destroy inside a callback the rest of the chunk is not handled", async () => {
    const { peer } = await observed(({ session }) => session.destroy(new Error("enough")));
    peer.send(data(3, "one"), syn(5), syn(4));
    expect(brief(peer.take())).toEqual([goAwayLine(wire, 3, "INTERNAL_ERROR")]);
    expect(peer.session.stats().streamsReceived).toBe(1);
  });

  it("after session.goAway inside a callback a SYN later in the chunk is refused already", async () => {
    const { peer } = await observed(({ session }) => session.goAway());
    peer.send(data(3, "one"), syn(5));
    expect(brief(peer.take())).toEqual([
      goAwayLine(wire, 3, "NO_ERROR"),
      ...(wire.name === "muxado" ? [`${0x7fff_ffff}: DATA 0 FIN`] : []),
      "5: RST STREAM_REFUSED",
    ]);
  });

  it("a session writes nothing while it handles input: all output leaves in one write after it", async () => {
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
    // An offer that was taken in part counts as not taken here, so more bytes arrive than requested.
    expect(contentOf(peer.take(), 3).length).toBeGreaterThanOrEqual(20_000_000);
    expect([left, deepest]).toEqual([0, 1]);
  });
});
