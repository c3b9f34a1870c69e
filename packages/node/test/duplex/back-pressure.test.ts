// A Duplex of a stream holds back its writer by window and high-water mark, but holds back no other stream of the
// session.

import { Readable } from "node:stream";
import { firstDifference, patterned } from "@muxado/testkit";
import { describe, expect, test, vi } from "vitest";
import { sessionPair, streamPair } from "../connections.ts";
import { heard } from "../duplexes.ts";
import { leaveNothingOpen } from "../resources.ts";

leaveNothingOpen();

describe("the back-pressure of a Duplex", () => {
  const windowSize = 256 * 1024;
  const highWaterMark = 16 * 1024;
  /** A piece arrives whole, even if less room is left below the mark. */
  const longestPiece = 64 * 1024;

  test.each(["client", "server"])(
    "window and high-water mark hold a writer back (the %s writes)",
    async (who) => {
      const sessions = sessionPair({ windowSize });
      const pair = await streamPair({ readableHighWaterMark: highWaterMark }, sessions);
      const [writer, reader] = who === "client" ? pair : [pair[1], pair[0]];
      const pieces = endless();
      pieces.pipe(writer);
      reader.once("readable", () => {});
      await vi.waitFor(() => {
        const { writeBlockedBy } = writer.stream.stats();
        expect([writeBlockedBy, writer.writableNeedDrain]).toEqual(["window", true]);
      });
      const { bytesSent } = writer.stream.stats();
      expect(reader.stream.stats().bytesUnread).toBeLessThanOrEqual(windowSize);
      expect(reader.readableLength).toBeLessThanOrEqual(highWaterMark + longestPiece);
      expect(bytesSent).toBeLessThanOrEqual(windowSize + reader.bytesRead);

      // The reader is slow: the number of bytes on their way never grows.
      for (let count = 0; count < 200; count++) {
        reader.read(1_000);
        await new Promise(setImmediate);
        const ahead = writer.stream.stats().bytesSent - reader.bytesRead;
        expect(ahead).toBeLessThanOrEqual(windowSize);
        expect(reader.readableLength).toBeLessThanOrEqual(highWaterMark + longestPiece);
        expect(writer.writableLength).toBeLessThanOrEqual(2 * writer.writableHighWaterMark);
      }
      pieces.unpipe(writer);
    },
  );

  test("a Duplex reads nothing ahead before anybody reads", async () => {
    const [left, right] = await streamPair({}, sessionPair({ windowSize }));
    left.write(Buffer.alloc(1_000_000));
    await vi.waitFor(() => expect(right.stream.stats().bytesUnread).toBe(windowSize));
    expect(right).toMatchObject({ bytesRead: 0 });
    expect(right.readableLength).toBe(0);
  });

  test("a Duplex that is paused holds its writer back, and no other stream of the session", async () => {
    const sessions = sessionPair({ windowSize });
    const [left, right] = await streamPair({}, sessions);
    const [other, echoing] = await streamPair({}, sessions);
    right.pause();
    left.write(Buffer.alloc(1_000_000));
    await vi.waitFor(() => expect(left.stream.stats().writeBlockedBy).toBe("window"));
    echoing.pipe(echoing);
    other.end(patterned(500_000));
    expect(firstDifference(await heard(other), patterned(500_000))).toBe(-1);
  });
});

/** Never ends, and obeys back-pressure. */
function endless(): Readable {
  return new Readable({
    highWaterMark: 16 * 1024,
    read() {
      this.push(Buffer.alloc(8 * 1024));
    },
  });
}
