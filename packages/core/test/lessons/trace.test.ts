// A trace is called with every frame of a session.

import type { TracedFrame } from "@muxado/core";
import { bytes, data, goAway, rawPeer, reset, increment } from "@muxado/testkit";
import { describe, expect, it } from "vitest";

describe("a trace", () => {
  it("a trace sees each frame of a session, both ways, in order", () => {
    const seen: string[] = [];
    const trace = (frame: TracedFrame): void => void seen.push(`${frame.direction} ${frame.kind}`);
    const peer = rawPeer({ trace });
    const stream = peer.session.open();
    stream.offer(bytes("ask"));
    peer.take();
    peer.send(increment(2, 10), data(2, "answer"), reset(2, "STREAM_CANCELLED"), goAway(2));
    expect(seen).toEqual(["out data", "in increment", "in data", "in reset", "in goAway"]);
  });
});
