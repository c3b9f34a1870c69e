// Rule 19: a few bytes that the application has not read, or keeps, hold no large chunk of the transport in memory.

import type { Frame } from "@muxado/frame";
import { bytes, data, rawPeer, syn, wires } from "@muxado/testkit";
import { describe, expect, it } from "vitest";

const KIB = 1024;

describe.each(wires)("19. pinned buffers, on $name", ({ wire }) => {
  /** A chunk of 64 KiB that begins with many bytes for stream 5, and ends with ten bytes for stream 3. */
  function largeChunk(): Frame[] {
    return [data(5, 64 * KIB), data(3, "ten bytes!")];
  }

  it("10 unread bytes do not keep a 64 KiB chunk alive", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3), syn(5));
    const stream = await peer.session.accept();
    peer.send(...largeChunk());
    const piece = stream.take()!;
    expect(piece).toEqual(bytes("ten bytes!"));
    expect(piece.buffer.byteLength).toBeLessThanOrEqual(64);
  });

  it("10 bytes that go to a reader at once do not keep a 64 KiB chunk alive", async () => {
    const peer = rawPeer({ wire });
    peer.send(syn(3), syn(5));
    const stream = await peer.session.accept();
    const reading = stream.read();
    peer.send(...largeChunk());
    const piece = await reading;
    expect(piece).toEqual(bytes("ten bytes!"));
    expect(piece!.buffer.byteLength).toBeLessThanOrEqual(64);
  });
});
