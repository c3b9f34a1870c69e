// A sender gets enough credit that it never waits forever with a little of it, and never credit beyond the maximum.
// docs/spec/muxado.md, docs/spec/yamux.md.

import {
  brief,
  bytes,
  data,
  fin,
  Random,
  type RawPeer,
  rawPeer,
  reset,
  wires,
  increment,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { accepted, opened } from "../streams.ts";
import { takeAll } from "../taking.ts";
import { yamux } from "../yamux.ts";

const KIB = 1024;
const WINDOW = 256 * KIB;
/** The least that a sender sends when credit is short. */
const LEAST = 1024;

/** The bytes of credit that frames grant. */
function granted(frames: ReturnType<RawPeer["take"]>): number {
  return frames.reduce((sum, frame) => sum + (frame.type === "increment" ? frame.increment : 0), 0);
}

describe.each(wires)(
  "a sender that waits with less than 1 024 bytes of credit, on $name",
  ({ wire }) => {
    it.each([1, 100, 1000, LEAST - 1])(
      "a sender does not wait for a stream that was closed with %i bytes of credit left: it gets credit, or a reset",
      async (left) => {
        const peer = rawPeer({ wire });
        const stream = await accepted(peer, WINDOW - left);
        peer.take();
        await stream.close();
        const frames = peer.take();
        const isReset = brief(frames).includes("3: RST STREAM_CLOSED");
        const credit = left + granted(frames);
        expect(isReset || credit >= LEAST).toBe(true);
        if (isReset) return;
        // The bytes that it sends with this credit are refused, so that nothing waits on either side.
        peer.send(data(3, LEAST));
        expect(brief(peer.take())).toEqual(["3: RST STREAM_CLOSED"]);
        expect(peer.session.stats().openStreams).toBe(0);
      },
    );

    it.each([1, 1000, LEAST - 1])(
      "a sender that has nothing more to send than FIN, with %i bytes of credit left, ends a closed stream well",
      async (left) => {
        const peer = rawPeer({ wire });
        const stream = await accepted(peer, WINDOW - left);
        await stream.close();
        peer.take();
        peer.send(fin(3));
        expect(peer.take()).toEqual([]);
        expect(stream.error).toBeUndefined();
      },
    );

    it("a sender with no credit at all is reset as soon as its stream is closed", async () => {
      const peer = rawPeer({ wire });
      const stream = await accepted(peer, WINDOW);
      peer.take();
      await stream.close();
      expect(brief(peer.take())).toEqual(["3: DATA 0 FIN", "3: RST STREAM_CLOSED"]);
    });

    it("a sender gets back the credit of dropped bytes while the FIN of a closed stream waits for credit itself", async () => {
      const random = new Random(1);
      const peer = rawPeer({ wire });
      const stream = await accepted(peer);
      peer.take();
      const operations = [stream.write(bytes(2 * WINDOW)), stream.close()];
      void Promise.allSettled(operations);
      peer.take();
      let credit = WINDOW;
      for (let round = 0; round < 300; round++) {
        const length = Math.min(credit, 1 + random.below(20 * KIB));
        peer.send(data(3, length));
        credit += granted(peer.take()) - length;
        expect(credit).toBeGreaterThanOrEqual(LEAST);
      }
      expect(stream.error).toBeUndefined();
      // Now FIN may leave.
      peer.send(increment(3, 2 * WINDOW));
      expect(brief(peer.take()).at(-1)).toBe("3: DATA 0 FIN");
      peer.send(data(3, 1));
      expect(brief(peer.take())).toEqual(["3: RST STREAM_CLOSED"]);
    });

    it.each([1, 1000, LEAST - 1, LEAST, LEAST + 1, 1500, 64 * KIB])(
      "a sender is not left waiting by a window of %i bytes whose reader reads, whatever it has to send",
      async (windowSize) => {
        const random = new Random(windowSize);
        const peer = rawPeer({ wire, windowSize });
        const stream = await accepted(peer);
        peer.take();
        let credit = WINDOW;
        let sent = 0;
        while (sent < WINDOW + 64 * KIB) {
          let has = 1 + random.below(2 * LEAST);
          while (has > 0) {
            // As §6.2 requires: everything there is, or at least this much.
            const length = credit >= has ? has : credit >= LEAST ? credit : 0;
            expect(length, `${sent} bytes sent, ${credit} of credit`).toBeGreaterThan(0);
            peer.send(data(3, length));
            takeAll(stream);
            has -= length;
            sent += length;
            credit += granted(peer.take()) - length;
          }
        }
        expect(stream.error).toBeUndefined();
      },
    );
  },
);

describe.each(wires)("credit up to the maximum, on $name", ({ wire }) => {
  it("credit up to the maximum is no breach; beyond it is one", async () => {
    const peer = rawPeer({ wire });
    const stream = await accepted(peer);
    peer.send(increment(3, wire.maxWindow - WINDOW));
    expect(stream.error).toBeUndefined();
    expect(stream.stats().credit).toBe(wire.maxWindow);
    peer.send(increment(3, 1));
    expect(brief(peer.take())).toEqual(["3: RST FLOW_CONTROL_ERROR"]);
  });
});

describe.each(wires)("a stream that either peer has reset, on $name", ({ wire }) => {
  it.each(["this peer", "the other peer"])(
    "a stream that was reset by %s gets no credit any more",
    async (who) => {
      const peer = rawPeer({ wire });
      const stream = await accepted(peer, WINDOW);
      peer.take();
      takeAll(stream);
      if (who === "this peer") stream.reset();
      else peer.send(reset(3, "STREAM_CANCELLED"));
      expect(granted(peer.take())).toBe(0);
    },
  );
});

describe("an ACK with credit, on Yamux", () => {
  /** Window Update|ACK. */
  function ackWithCredit(streamId: number, credit: number): Uint8Array {
    const frame = new Uint8Array(12);
    const view = new DataView(frame.buffer);
    view.setUint16(0, 1);
    view.setUint16(2, 2);
    view.setUint32(4, streamId);
    view.setUint32(8, credit);
    return frame;
  }

  it("an ACK with credit acknowledges the stream, and its credit may be used", () => {
    const peer = rawPeer({ wire: { ...yamux, maxUnacknowledged: 1 } });
    const [first, held] = [peer.session.open(), peer.session.open()];
    expect(brief(peer.take())).toEqual([`${first.id}: DATA 0 SYN`]);
    peer.sendBytes(ackWithCredit(first.id, 1000));
    expect(brief(peer.take())).toEqual([`${held.id}: DATA 0 SYN`]);
    expect(first.stats().credit).toBe(WINDOW + 1000);
  });

  it("an ACK with credit is more than an acknowledgement alone: a refusal behind it is not safe to retry", () => {
    for (const [frame, verdict] of [
      [ackWithCredit(2, 1000), "unsafe"],
      [ackWithCredit(2, 0), "safe"],
    ] as const) {
      const peer = rawPeer({ wire: yamux });
      const stream = opened(peer);
      peer.sendBytes(frame);
      peer.send(reset(stream.id, "STREAM_REFUSED"));
      expect(stream.error!.retry).toBe(verdict);
    }
  });
});
