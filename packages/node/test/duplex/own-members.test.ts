// A Duplex has features that a socket does not need: the addresses of its carrier, the role of the stream's observer,
// and high-water marks. It keeps bytes, whatever the window is.

import { text } from "node:stream/consumers";
import type { TracedFrame } from "@muxado/core";
import { attach, toDuplex } from "@muxado/node";
import { firstDifference, Random } from "@muxado/testkit";
import { describe, expect, test, vi } from "vitest";
import { closed, sessionPair, socketPair, streamPair, tcpSessions } from "../connections.ts";
import { expectState, heard, write } from "../duplexes.ts";
import { ending, ignore } from "../peers.ts";
import { leaveNothingOpen } from "../resources.ts";

leaveNothingOpen();

describe("a Duplex of a stream", () => {
  test("a Duplex puts corked writes into one frame", async () => {
    const bodies: number[] = [];
    const trace = (frame: TracedFrame): void => {
      if (frame.direction === "in" && frame.kind === "data") bodies.push(frame.length);
    };
    const [left, right] = await streamPair({}, sessionPair({ trace }));
    bodies.length = 0;
    left.cork();
    for (let count = 0; count < 50; count++) left.write(`${count}`);
    left.uncork();
    left.end();
    await heard(right);
    // One frame with all the bytes, and one with the end.
    expect(bodies).toEqual([90, 0]);
  });

  test("a Duplex has the addresses of its connection", async () => {
    const [near, far] = await socketPair();
    const sessions = [
      ending(attach(near, { role: "client" })),
      ending(attach(far, { role: "server" })),
    ] as const;
    const [left, right] = await streamPair({}, [...sessions]);
    for (const [duplex, socket] of [
      [left, near],
      [right, far],
    ] as const) {
      expectState(duplex, {
        localAddress: socket.localAddress,
        localFamily: "IPv4",
        localPort: socket.localPort,
        remoteAddress: socket.remoteAddress,
        remoteFamily: "IPv4",
        remotePort: socket.remotePort,
      });
      expect(duplex.address()).toEqual(socket.address());
      expect(duplex.encrypted).toBe(false);
    }
    sessions[0].destroy();
    await closed(left);
    await vi.waitFor(() => expect(near.destroyed).toBe(true));
    // A socket keeps an address that it was asked for once.
    expectState(left, { remotePort: near.remotePort });
    expect(left.address()).toEqual(near.address());
  });

  test("a Duplex has the addresses of its `carrier` option, and none where its connection has none", async () => {
    const [left] = await streamPair();
    expectState(left, { remoteAddress: undefined, localPort: undefined });
    expect(left.address()).toEqual({});
    const [socket] = await socketPair();
    const [told] = await streamPair({ carrier: socket });
    expectState(told, { remotePort: socket.remotePort });
  });

  test("a Duplex takes the place of the stream's observer, and leaves it when it is gone", async () => {
    const [left, right] = await streamPair();
    expect(() => toDuplex(left.stream)).toThrow(TypeError);
    left.destroy();
    expect(() => left.stream.observe(undefined)).not.toThrow();
    const observer = { onReadable: ignore, onWritable: ignore };
    expect(() => left.stream.observe(observer)).not.toThrow();
    expect(() => right.stream.observe(observer)).toThrow(TypeError);
  });

  test("a Duplex takes over the bytes that have arrived, and the end behind them", async () => {
    const [client, server] = sessionPair();
    const stream = client.open();
    await stream.write(Buffer.from("early"));
    await stream.closeWrite();
    const accepted = await server.accept();
    await vi.waitFor(() => expect(accepted.stats().bytesUnread).toBe(5));
    expect(await text(toDuplex(accepted))).toBe("early");
  });

  test("a Duplex has the high-water marks that it is given", async () => {
    const [left] = await streamPair({ readableHighWaterMark: 1, writableHighWaterMark: 2 });
    expectState(left, { readableHighWaterMark: 1, writableHighWaterMark: 2 });
  });

  test("a Duplex keeps bytes whatever the window, when writers use their buffers again", async () => {
    for (const windowSize of [1, 100, 5_000, 300_000]) {
      const [left, right] = await streamPair({}, sessionPair({ windowSize }));
      const arrived = heard(right);
      const sizes = [1, 4_096, 4_097, 70_000, 200_000];
      for (const [index, size] of sizes.entries()) {
        const scratch = Buffer.alloc(size, index + 1);
        expect(await write(left, scratch)).toBeFalsy();
        scratch.fill(0xee);
      }
      left.end();
      const expected = Buffer.concat(sizes.map((size, index) => Buffer.alloc(size, index + 1)));
      expect(firstDifference(await arrived, expected)).toBe(-1);
    }
  });

  test("a Duplex keeps every size of write from 1 byte to 200 000 apart, over TCP", async () => {
    const [left, right] = await streamPair({}, await tcpSessions());
    const arrived = heard(right);
    const random = new Random(11);
    const expected: Buffer[] = [];
    const scratch = Buffer.alloc(200_000);
    for (let size = 1; size <= 200_000; size += size < 10 ? 1 : random.between(1, size)) {
      scratch.fill(size % 251);
      expected.push(Buffer.from(scratch.subarray(0, size)));
      expect(await write(left, scratch.subarray(0, size))).toBeFalsy();
      scratch.fill(0xee);
    }
    left.end();
    expect(firstDifference(await arrived, Buffer.concat(expected))).toBe(-1);
  });
});
