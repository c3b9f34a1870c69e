// With windows of any size, every transfer finishes, and credit returns as the application reads.

import {
  brief,
  bytes,
  connectedPair,
  data,
  fin,
  patterned,
  rawPeer,
  syn,
  increment,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { accepted } from "../streams.ts";
import { readAll, takeAll } from "../taking.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;

describe("windows of another size", () => {
  it.each([1, KIB, 64 * KIB])(
    "a window of %i bytes absorbs 256 KiB, then returns credit",
    async (windowSize) => {
      const peer = rawPeer({ windowSize });
      const stream = await accepted(peer, WINDOW);
      expect(peer.take()).toEqual([]);
      expect(takeAll(stream)).toHaveLength(WINDOW);
      const [first, ...more] = peer.take();
      expect(more).toEqual([]);
      const target = Math.max(windowSize, KIB);
      expect(first).toEqual(increment(3, target));
      peer.send(data(3, target));
      expect(stream.error).toBeUndefined();
      takeAll(stream);
      expect(brief(peer.take())).toEqual([`3: WNDINC ${target}`]);
      peer.send(data(3, target + 1));
      expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
    },
  );

  it.each([1, 100, KIB, KIB + 1, 2 * KIB, 64 * KIB, 4 * WINDOW])(
    "a transfer with a window of %i bytes comes to its end, whatever the sizes of the writes",
    async (windowSize) => {
      const pair = connectedPair({ server: { windowSize } });
      const content = patterned(3 * WINDOW);
      const stream = pair.client.open();
      const sent = (async () => {
        for (let at = 0, size = 1; at < content.length; at += size, size = (size * 3) % 9973) {
          await stream.write(content.subarray(at, at + size));
        }
        await stream.close();
      })();
      const read = (async () => {
        const inbound = await pair.server.accept();
        const all = await readAll(inbound);
        await inbound.close();
        return all;
      })();
      await pair.drive();
      await sent;
      expect(Buffer.compare(await read, content)).toBe(0);
    },
  );

  it("one increment announces a window larger than 256 KiB when the stream begins, from either side", async () => {
    const peer = rawPeer({ windowSize: 4 * WINDOW });
    await accepted(peer);
    peer.session.open();
    await peer.session.open().write(bytes(1));
    void peer.session.open().write(bytes(5 * KIB));
    expect(brief(peer.take()).sort()).toEqual([
      "2: DATA 0 SYN",
      `2: WNDINC ${3 * WINDOW}`,
      "3: WNDINC 786432",
      "4: DATA 1 SYN",
      `4: WNDINC ${3 * WINDOW}`,
      "6: DATA 5120 SYN",
      `6: WNDINC ${3 * WINDOW}`,
    ]);
  });

  it("no credit is granted for a stream that the peer does not know", () => {
    const peer = rawPeer({ windowSize: 4 * WINDOW });
    peer.session.open().reset();
    expect(peer.take()).toEqual([]);
  });

  it.each([
    ["of a given size", { windowSize: WINDOW }, WINDOW],
    // While no round trip is known, nothing shows that the window limits the stream.
    ["of the default size, over no distance", {}, WINDOW],
  ])(
    "a window %s returns credit as the application reads, and in one increment",
    async (_, options, first) => {
      const peer = rawPeer(options);
      const stream = await accepted(peer, WINDOW / 2);
      peer.send(data(3, WINDOW / 2));
      expect(peer.take()).toEqual([]);
      takeAll(stream);
      expect(brief(peer.take())).toEqual([`3: WNDINC ${first}`]);
      for (let round = 0; round < 3; round++) {
        peer.send(data(3, WINDOW / 2));
        takeAll(stream);
        expect(brief(peer.take())).toEqual([`3: WNDINC ${WINDOW / 2}`]);
      }
    },
  );

  it("no credit goes back once FIN has come, or for a stream that has ended", async () => {
    const peer = rawPeer();
    const stream = await accepted(peer, WINDOW / 2);
    peer.send(data(3, WINDOW / 2), fin(3));
    takeAll(stream);
    expect(peer.take()).toEqual([]);
    peer.send(syn(7, WINDOW));
    takeAll(await peer.session.accept());
    // It was owed when FIN came, and is not owed any more.
    peer.send(fin(7));
    expect(peer.take()).toEqual([]);
    peer.send(syn(5, WINDOW));
    const other = await peer.session.accept();
    takeAll(other);
    other.reset();
    expect(brief(peer.take())).toEqual(["5: RST STREAM_CANCELLED"]);
  });
});
