import { once } from "node:events";
import * as net from "node:net";
import { PassThrough } from "node:stream";
import { describe, expect, test, vi } from "vitest";
import { socketPair } from "../test/connections.ts";
import { leaveNothingOpen } from "../test/resources.ts";
import { lendReads } from "./lent-reads.ts";

const KIB = 1024;

/** Bun has no way to give memory to a socket that exists. */
const lends = !("Bun" in globalThis);

leaveNothingOpen();

/** Notes each read of `socket`: its bytes, and the memory that it came in. */
function reading(
  socket: net.Socket,
  keeps: (reads: number) => boolean,
): { isLent: boolean; reads: [length: number, memory: ArrayBuffer][]; bytes: () => number } {
  const reads: [number, ArrayBuffer][] = [];
  const isLent = lendReads(socket, (chunk) => {
    reads.push([chunk.length, chunk.buffer]);
    return keeps(reads.length);
  });
  socket.resume();
  return { isLent, reads, bytes: () => reads.reduce((sum, [length]) => sum + length, 0) };
}

describe.runIf(lends)("a socket", () => {
  test("reads into the same memory until that is kept", async () => {
    const [left, right] = await socketPair();
    const { isLent, reads } = reading(right, (count) => count % 3 === 0);
    expect(isLent).toBe(true);
    for (let count = 1; count <= 9; count++) {
      left.write("a few bytes");
      await vi.waitFor(() => expect(reads).toHaveLength(count));
    }
    const [one, two, three, four, five, six, seven] = reads.map(([, memory]) => memory);
    expect([two, three]).toEqual([one, one]);
    expect(four).not.toBe(three);
    expect([five, six]).toEqual([four, four]);
    expect(seven).not.toBe(six);
  });

  test("reads more at a time once it has filled its memory, and never more than 64 KiB", async () => {
    const [left, right] = await socketPair();
    const { reads, bytes } = reading(right, () => false);
    left.write(Buffer.alloc(1000 * KIB));
    await vi.waitFor(() => expect(bytes()).toBe(1000 * KIB));
    expect(reads[0]![0]).toBe(16 * KIB);
    expect(new Set(reads.map(([, memory]) => memory)).size).toBe(2);
    expect(Math.max(...reads.map(([length]) => length))).toBeLessThanOrEqual(64 * KIB);
  });

  test("emits no data, counts its bytes, and emits its end before it closes", async () => {
    const [left, right] = await socketPair();
    const events: string[] = [];
    const { bytes } = reading(right, () => false);
    for (const event of ["data", "end", "close"]) right.on(event, () => events.push(event));
    left.end(Buffer.alloc(100 * KIB));
    await once(right, "close");
    expect(events).toEqual(["end", "close"]);
    expect([bytes(), right.bytesRead]).toEqual([100 * KIB, 100 * KIB]);
  });

  test("may be destroyed by a read", async () => {
    const [left, right] = await socketPair();
    const { reads } = reading(right, () => {
      right.destroy();
      return true;
    });
    left.on("error", () => {}).write(Buffer.alloc(1000 * KIB));
    await once(right, "close");
    expect(reads).toHaveLength(1);
  });
});

describe("data events go on", () => {
  /** Returns what `readable` emits of `hello`, after it was not lent memory. */
  async function emitted(readable: net.Socket | PassThrough): Promise<string> {
    expect(lendReads(readable, () => expect.unreachable())).toBe(false);
    let text = "";
    readable.on("data", (chunk: Buffer | string) => (text += chunk.toString())).resume();
    await vi.waitFor(() => expect(text).toBe("hello"));
    return text;
  }

  test("for a stream that is no socket", async () => {
    const stream = new PassThrough();
    stream.write("hello");
    await emitted(stream);
  });

  test.each<[string, (socket: net.Socket) => unknown]>([
    ["whose bytes others listen to", (socket) => socket.on("data", () => {})],
    ["whose bytes others read", (socket) => socket.on("readable", () => socket.read())],
    ["that makes text of its bytes", (socket) => socket.setEncoding("utf8")],
    ["whose handle takes no memory", withoutMemory],
  ])("for a socket %s", async (_, prepare) => {
    const [left, right] = await socketPair();
    prepare(right);
    left.write("hello");
    await emitted(right);
  });

  test("for a socket that has bytes which nobody has read yet", async () => {
    const [left, right] = await socketPair();
    left.write("hello");
    await vi.waitFor(() => expect(right.readableLength).toBe(5));
    await emitted(right);
  });
});

/** Hides what gives the system the memory of a read. */
function withoutMemory(socket: net.Socket): void {
  const { _handle } = socket as unknown as { _handle: object };
  Object.defineProperty(_handle, "useUserBuffer", { value: undefined });
}
