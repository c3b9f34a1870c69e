// Beats behind our own bulk. On a slow line they need longer than the tolerance, and this shows nothing about the peer.
// The heartbeat still finds a peer that dies in the middle of the bulk.

import type { Session } from "@muxado/core";
import { elapse, type PairOptions, readAll, wires, writeForEver } from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import { ByHand, failureOf, settledBy, typedPair, Watch } from "./watched.ts";

/** 64 kbit/s, behind a send buffer that takes at once as many bytes as a window lets us send. */
const SLOW: PairOptions = {
  bandwidth: 8_000,
  buffer: 16_000_000,
  packetSize: 8_000,
  latency: [50, 50],
};

/** 8 Mbit/s behind the same send buffer. */
const FAST: PairOptions = { ...SLOW, bandwidth: 1_000_000, packetSize: 64_000 };

/** The type of the heartbeat's streams. */
const HEARTBEAT = 0xffffffff;

/** The defaults of a heartbeat: 10 s and 15 s. */
const INTERVAL = 10_000;
const TOLERANCE = 15_000;

async function readEverything(session: Session): Promise<void> {
  for await (const stream of session) void readAll(stream);
}

/** A client that beats with the defaults and ends a dead session, and a server that answers and reads. */
function line(options: PairOptions): ReturnType<typeof typedPair> & { watch: Watch } {
  const sides = typedPair(options);
  const { pair, client, server } = sides;
  const { clock } = pair;
  const watch = new Watch(client, { clock, endDeadSession: true });
  new Watch(server, { clock, interval: Infinity });
  void readEverything(server);
  return { ...sides, watch };
}

/** The peer has lost its power: nothing arrives in either direction, and the send buffer takes all that it is given. */
function die({ pair }: ReturnType<typeof line>): void {
  pair.link.client.outbound.drop();
  pair.link.server.outbound.drop();
}

/** Returns how many seconds from now the heartbeat reports that the peer is gone; Infinity if not within 20 minutes. */
async function secondsUntilFound({ pair, watch }: ReturnType<typeof line>): Promise<number> {
  for (let seconds = 0; seconds < 1200; seconds++) {
    if (watch.failures.length > 0) return seconds;
    await elapse(pair, 1000);
  }
  return Infinity;
}

describe.each(wires)("an upload that fills a line of 64 kbit/s, on $name", ({ wire }) => {
  const session = { wire };

  it.each([0, 2, 4, 6, 8, 9, 9.9, 12, 15, 18])(
    "begun after %f s, leaves a session alive whose peer only answers",
    async (begins) => {
      const { pair, client, watch } = line({ ...SLOW, session });
      await elapse(pair, begins * 1000);
      void writeForEver(client.open());
      await elapse(pair, 400_000);
      expect(watch.failures).toEqual([]);
      // Each beat is answered after the output in front of it.
      expect(watch.roundTrips.length).toBeGreaterThan(5);
      expect(Math.max(...watch.roundTrips)).toBeGreaterThan(TOLERANCE);
    },
  );

  it("on eight streams leaves it alive, too", async () => {
    const { pair, client, watch } = line({ ...SLOW, session });
    for (let stream = 0; stream < 8; stream++) void writeForEver(client.open());
    await elapse(pair, 1_200_000);
    expect(watch.failures).toEqual([]);
  });

  it("of many small files, none of which draws credit, leaves it alive, too", async () => {
    const { pair, client, watch } = line({ ...SLOW, session });
    await elapse(pair, 5_000);
    for (let file = 0; file < 10; file++) {
      const stream = client.open();
      void stream.write(new Uint8Array(100_000));
      void stream.close();
    }
    await elapse(pair, 300_000);
    expect(watch.failures).toEqual([]);
  });

  it("ends the session when the peer dies in the middle of it", async () => {
    const sides = line({ ...SLOW, session });
    void writeForEver(sides.client.open());
    await elapse(sides.pair, 100_000);
    die(sides);
    // The beat that waits has seen a sign of life. The next beat has its tolerance behind a full window.
    const seconds = await secondsUntilFound(sides);
    expect(seconds).toBeGreaterThan(TOLERANCE / 1000);
    expect(seconds).toBeLessThan(150);
    expect(sides.watch.failures[0]!.message).toContain("and nothing else");
  });

  it("ends the session also when the peer is dead from the beginning", async () => {
    const sides = line({ ...SLOW, session });
    die(sides);
    void writeForEver(sides.client.open());
    // The first beat stands behind a window. The window needs 32 s at the slowest pace that the heartbeat assumes.
    expect(await secondsUntilFound(sides)).toBeLessThanOrEqual(10 + 32 + 7.5 + 1);
  });
});

describe.each(wires)("a peer that dies on a fast line, on $name", ({ wire }) => {
  const session = { wire };

  it.each([3, 25, 61.5])(
    "in the middle of an upload, %f s after its beginning, is found as soon as any",
    async (seconds) => {
      const sides = line({ ...FAST, session });
      void writeForEver(sides.client.open());
      await elapse(sides.pair, seconds * 1000);
      die(sides);
      expect(await secondsUntilFound(sides)).toBeLessThanOrEqual((INTERVAL + TOLERANCE) / 1000 + 1);
    },
  );

  it("while the application goes on writing a little every second is found as soon as any", async () => {
    const sides = line({ ...FAST, session });
    const stream = sides.client.open();
    const { clock } = sides.pair;
    const write = (): void => {
      void stream.write(new Uint8Array(1000));
      if (stream.error === undefined) clock.setTimer(write, 1000);
    };
    write();
    await elapse(sides.pair, 61_500);
    die(sides);
    expect(await secondsUntilFound(sides)).toBeLessThanOrEqual((INTERVAL + TOLERANCE) / 1000 + 1);
  });

  it("after many small requests, none of which draws credit, is found an interval later at the latest", async () => {
    const sides = line({ ...FAST, session });
    const { clock } = sides.pair;
    const request = (): void => {
      if (sides.watch.failures.length > 0) return;
      const stream = sides.client.open();
      void stream.write(new Uint8Array(10_000));
      void stream.close();
      clock.setTimer(request, 100);
    };
    request();
    await elapse(sides.pair, 61_500);
    die(sides);
    // The heartbeat has to assume that all bytes since the last echo were sent just now.
    expect(await secondsUntilFound(sides)).toBeLessThanOrEqual(
      (2 * INTERVAL + TOLERANCE) / 1000 + 1,
    );
  });
});

describe("a peer without a heartbeat", () => {
  it.each(wires)(
    "that dies after a long upload is found as soon as any, on $name",
    async ({ wire }) => {
      const { pair, client, server } = typedPair({ ...FAST, session: { wire } });
      const watch = new Watch(client, { clock: pair.clock, endDeadSession: true });
      void (async () => {
        for await (const stream of server) {
          if (stream.type === HEARTBEAT) stream.refuse();
          else void readAll(stream);
        }
      })();
      const request = (): void => {
        const stream = client.open();
        void stream.write(new Uint8Array(50_000));
        void stream.close();
        if (pair.clock.now() < 120_000) pair.clock.setTimer(request, 100);
      };
      request();
      await elapse(pair, 131_000);
      expect(watch.failures).toEqual([]);
      expect(watch.roundTrips).toEqual([]);
      const sides = { pair, client, server, watch };
      die(sides);
      expect(await secondsUntilFound(sides)).toBeLessThanOrEqual(
        (2 * INTERVAL + TOLERANCE) / 1000 + 1,
      );
    },
  );
});

describe("a write that the transport takes", () => {
  /** Runs a second in which the application writes a little, and the transport takes all that it has been given. */
  async function second(hand: ByHand, write: (chunk: Uint8Array) => void): Promise<void> {
    write(new Uint8Array(1000));
    await hand.peer.settle();
    hand.peer.clock.advance(1000);
    await hand.peer.settle();
  }

  it("after a wait is a sign of life: a peer behind it has made room", async () => {
    const hand = new ByHand({ interval: Infinity });
    const stream = hand.session.open();
    const beating = settledBy(hand.heartbeat.beat());
    const error = failureOf(hand.heartbeat.beat());
    await hand.peer.settle();
    hand.peer.holdWrites();
    for (let count = 0; count < 10; count++)
      await second(hand, (chunk) => void stream.offer(chunk));
    hand.peer.releaseWrites();
    await hand.peer.advance(5_000);
    expect(beating.settled).toBe(true);
    expect((await error).message).toBe("heartbeat timeout: no echo has arrived for 15000 ms");
    expect(hand.watch.failures).toEqual([]);
  });

  it("at once is none: the send buffer in front of a dead peer takes many small writes", async () => {
    const hand = new ByHand();
    const stream = hand.session.open();
    for (let count = 0; count < 24; count++)
      await second(hand, (chunk) => void stream.offer(chunk));
    expect(hand.watch.failures).toEqual([]);
    for (let count = 0; count < 2; count++) await second(hand, (chunk) => void stream.offer(chunk));
    expect(hand.watch.failures).toHaveLength(1);
  });

  it("and then nothing more is no sign of life for the beats that follow", async () => {
    const hand = new ByHand();
    const stream = hand.session.open();
    await hand.peer.settle();
    hand.peer.holdWrites();
    stream.offer(new Uint8Array(1000));
    await hand.peer.settle();
    await hand.peer.advance(60_000);
    expect(hand.watch.failures.length).toBeGreaterThan(0);
  });
});
