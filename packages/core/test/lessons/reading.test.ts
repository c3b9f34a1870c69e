// A second read at once harms neither the first reader nor the stream.

import { bytes, data, rawPeer } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { accepted } from "../streams.ts";

describe("reading twice at once", () => {
  it("a second read at once is refused, and harms neither the first nor the stream", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer);
    const first = stream.read();
    await expect(stream.read()).rejects.toMatchObject({
      code: "READ_PENDING",
      scope: "stream",
      origin: "local",
      streamId: 3,
    });
    peer.send(data(3, "one"), data(3, "two"));
    expect([await first, await stream.read()]).toEqual([bytes("one"), bytes("two")]);
  });
});
