import type { TransportInput } from "@muxado/core";
import { describe, expect, it } from "vitest";
import { concatenated, patterned } from "./bytes.ts";
import { Link, type LinkOptions } from "./link.ts";
import { Random } from "./random.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** Records the calls to one end of a link, instead of a session. */
class Recorder implements TransportInput {
  readonly chunks: Uint8Array[] = [];
  readonly news: unknown[] = [];

  receive(chunk: Uint8Array): boolean {
    this.chunks.push(chunk);
    return true;
  }
  written(): void {
    this.news.push("written");
  }
  ended(error?: unknown): void {
    this.news.push(error instanceof Error ? error.message : "ended");
  }
}

function connect(options: LinkOptions = {}) {
  const clock = new VirtualClock();
  const link = new Link(clock, options);
  const [client, server] = [new Recorder(), new Recorder()];
  link.client.start(client);
  link.server.start(server);
  const run = (): void => {
    while (clock.runNext());
  };
  return { clock, link, client, server, run };
}

describe("a link", () => {
  it("carries bytes and the end, each after its latency", () => {
    const { clock, link, server } = connect({ latency: [10, 10] });
    link.client.write([patterned(3), patterned(2, 9)]);
    link.client.end();
    clock.advance(9);
    expect(server.chunks).toEqual([]);
    clock.advance(1);
    expect(server.chunks).toEqual([concatenated([patterned(3), patterned(2, 9)])]);
    expect(server.news).toEqual(["ended"]);
  });

  it("says when a write is done: within it, or when its time has passed", () => {
    const quick = connect();
    quick.link.client.write([patterned(1)]);
    expect(quick.client.news).toEqual(["written"]);
    const slow = connect({ writeTime: [5, 5] });
    slow.link.client.write([patterned(1)]);
    slow.clock.advance(4);
    expect(slow.client.news).toEqual([]);
    slow.clock.advance(1);
    expect(slow.client.news).toEqual(["written"]);
  });

  it("cuts and joins anywhere, the same for the same seed, and loses nothing", () => {
    const cuts = (seed: number): number[] => {
      const { link, server, run } = connect({
        chunks: "cut",
        latency: [0, 9],
        random: new Random(seed),
      });
      for (let at = 0; at < 20; at++) link.client.write([patterned(100, at * 100)]);
      run();
      const whole = Array.from({ length: 20 }, (_, at) => patterned(100, at * 100));
      expect(concatenated(server.chunks)).toEqual(concatenated(whole));
      return server.chunks.map((chunk) => chunk.length);
    };
    expect(cuts(1)).toEqual(cuts(1));
    expect(cuts(1)).not.toEqual(cuts(2));
    expect(Math.max(...cuts(1))).toBeGreaterThan(100);
    expect(Math.min(...cuts(1))).toBeLessThan(100);
  });

  it("with a bandwidth delivers each packet when its last byte has left and travelled", () => {
    const { clock, link, server } = connect({
      bandwidth: 1000,
      buffer: 250,
      latency: [50, 50],
      packetSize: 100,
    });
    link.client.write([patterned(250)]);
    link.client.end();
    const arrivals: number[][] = [];
    while (clock.runNext()) arrivals.push([clock.now(), server.chunks.at(-1)!.length]);
    expect(arrivals).toEqual([
      [150, 100],
      [250, 100],
      [300, 50],
      [300, 50],
    ]);
    expect(concatenated(server.chunks)).toEqual(patterned(250));
    expect(server.news).toEqual(["ended"]);
    expect(clock.now()).toBe(300);
  });

  it("with a bandwidth is done with a write when no more waits than its buffer holds", () => {
    const { clock, link, client } = connect({ bandwidth: 1000, buffer: 300 });
    link.client.write([patterned(300)]);
    expect(client.news).toEqual(["written"]);
    link.client.write([patterned(200)]);
    clock.advance(199);
    expect(client.news).toEqual(["written"]);
    clock.advance(1);
    expect(client.news).toEqual(["written", "written"]);
  });

  it("with a bandwidth carries just that, and does not make up for pauses", () => {
    const { clock, link, client, server, run } = connect({ bandwidth: 1e6, buffer: 10_000 });
    const length = 30_000;
    for (let count = 0; count < 100; count++) {
      link.client.write([patterned(length)]);
      while (client.news.length <= count) clock.runNext();
    }
    run();
    expect(concatenated(server.chunks)).toHaveLength(100 * length);
    expect(clock.now()).toBeCloseTo(3000, 6);
    clock.advance(5000);
    link.client.write([patterned(length)]);
    run();
    expect(clock.now()).toBeCloseTo(8030, 6);
  });

  it("ends after so many bytes, and the sender notices nothing", () => {
    const { link, client, server, run } = connect();
    link.breakAfter("server", 5, "end");
    link.client.write([patterned(3)]);
    link.client.write([patterned(4)]);
    run();
    expect(server.chunks.map((chunk) => chunk.length)).toEqual([3, 2]);
    expect(server.news).toEqual(["ended"]);
    expect(client.news).toEqual(["written", "written"]);
  });

  it("fails after so many bytes, on both sides", () => {
    const { link, client, server, run } = connect();
    link.breakAfter("server", 0, "fail");
    run();
    expect(server.news).toEqual(["the simulated link has failed"]);
    expect(client.news).toEqual(server.news);
  });

  it("stalls after so many bytes: no write is done any more, the other direction goes on", () => {
    const { link, client, server, run } = connect({ writeTime: [1, 1] });
    link.breakAfter("server", 0, "stall");
    run();
    link.client.write([patterned(1)]);
    link.server.write([patterned(2)]);
    run();
    expect([client.news, server.news]).toEqual([[], ["written"]]);
    expect(client.chunks).toEqual([patterned(2)]);
  });

  it("that is given up by one side ends for both", () => {
    const { link, client, server, run } = connect();
    link.client.write([patterned(1)]);
    link.client.destroy();
    link.client.destroy();
    link.server.write([patterned(1)]);
    run();
    expect(server.chunks).toHaveLength(1);
    expect(server.news).toHaveLength(2);
    expect(client.chunks).toEqual([]);
    expect(client.news.at(-1)).toBe("ended");
  });

  it("holds its user to the contract of a transport", () => {
    const breach = "broke the transport's contract";
    const slow = (): Link => connect({ writeTime: [5, 5] }).link;
    const [twice, early, ended, empty] = [slow(), slow(), slow(), slow()];
    twice.client.write([patterned(1)]);
    expect(() => twice.client.write([patterned(1)])).toThrow(breach);
    early.client.write([patterned(1)]);
    expect(() => early.client.end()).toThrow(breach);
    ended.client.end();
    expect(() => ended.client.write([patterned(1)])).toThrow(breach);
    expect(() => ended.client.end()).toThrow(breach);
    expect(() => empty.client.write([])).toThrow(breach);
    const { link, clock } = connect({ writeTime: [5, 5] });
    const bytes = patterned(3);
    link.client.write([bytes]);
    bytes[1] = 0xff;
    expect(() => clock.advance(5)).toThrow(breach);
  });
});
