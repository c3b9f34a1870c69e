// The keep-alive behind our own bulk. On a slow line a ping needs longer than its timeout, and this shows nothing about
// the peer. The keep-alive still finds a peer that dies in the middle of the bulk.

import { connect, createServer as listen, type Socket } from "node:net";
import type { Session } from "@muxado/core";
import { attach } from "@muxado/node";
import {
  connectedPair,
  elapse,
  type Pair,
  type PairOptions,
  readAll,
  writeForEver,
} from "@muxado/testkit";
import { yamux } from "@muxado/yamux";
import { afterEach, describe, expect, it } from "vitest";
import { flag, Peer, pong, stateOf } from "./peer.ts";

/** 64 kbit/s, behind a send buffer that takes at once as many bytes as a window lets us send. */
const SLOW: PairOptions = {
  bandwidth: 8_000,
  buffer: 16_000_000,
  packetSize: 8_000,
  latency: [50, 50],
};

/** 8 Mbit/s behind the same send buffer. */
const FAST: PairOptions = { ...SLOW, bandwidth: 1_000_000, packetSize: 64_000 };

/** A client with the default keep-alive, and a server that answers and reads. */
function line(options: PairOptions): Pair {
  const pair = connectedPair({
    ...options,
    client: { wire: yamux() },
    server: { wire: yamux({ keepAlive: Infinity }) },
  });
  void readEverything(pair.server);
  return pair;
}

async function readEverything(session: Session): Promise<void> {
  for await (const stream of session) void readAll(stream);
}

/** Cuts the peer's power. Returns how many seconds the session still lives; Infinity if it lives for 20 minutes. */
async function secondsAfterDeathOf({ pair }: { pair: Pair }): Promise<number> {
  pair.link.client.outbound.drop();
  pair.link.server.outbound.drop();
  const closing = stateOf(pair.client.closed);
  for (let seconds = 0; seconds < 1200; seconds++) {
    if (closing.settled) {
      expect(closing.value?.localError?.code).toBe("HEARTBEAT_TIMEOUT");
      return seconds;
    }
    await elapse(pair, 1000);
  }
  return Infinity;
}

describe("an upload that fills a line of 64 kbit/s", () => {
  it.each([0, 10, 20, 25, 28, 29.9, 31, 35])(
    "begun after %f s, leaves a session alive whose peer only answers",
    async (begins) => {
      const pair = line(SLOW);
      await elapse(pair, begins * 1000);
      void writeForEver(pair.client.open());
      const closing = stateOf(pair.client.closed);
      await elapse(pair, 600_000);
      expect(closing.settled).toBe(false);
    },
  );

  it("ends the session when the peer dies in the middle of it", async () => {
    const pair = line(SLOW);
    void writeForEver(pair.client.open());
    await elapse(pair, 100_000);
    expect(await secondsAfterDeathOf({ pair })).toBeLessThan(150);
  });
});

describe("a peer that dies on a fast line", () => {
  it.each([3, 45])(
    "in the middle of an upload, after %f s, is found as soon as any",
    async (after) => {
      const pair = line(FAST);
      void writeForEver(pair.client.open());
      await elapse(pair, after * 1000);
      // The interval, the timeout, the time that a session needs to end, and a little for the output that was under
      // way.
      expect(await secondsAfterDeathOf({ pair })).toBeLessThanOrEqual(30 + 10 + 2 + 3);
    },
  );
});

describe("a ping that is not answered yet", () => {
  it("is not sent again while it waits behind our own output: another would only queue behind it", async () => {
    const peer = new Peer({ keepAlive: 1000, pingTimeout: 10_000 });
    await peer.advance(1000);
    expect(peer.take()).toEqual(["ping 0"]);
    // The peer is alive, but has not read that far.
    await peer.advance(500);
    peer.send(flag(2, "FIN"));
    await peer.advance(8_000);
    expect(peer.take()).toEqual([]);
    peer.send(pong(0));
    await peer.advance(2_000);
    expect(peer.take()).toEqual(["ping 1"]);
  });
});

describe("a write that the transport takes", () => {
  it("after a wait is a sign of life, and at once is none", async () => {
    for (const waits of [true, false]) {
      const peer = new Peer({ keepAlive: 30_000, pingTimeout: 10_000, goAwayTimeout: Infinity });
      const closing = stateOf(peer.session.closed);
      const stream = peer.session.open();
      await peer.advance(30_000);
      for (let second = 0; second < 12; second++) {
        if (waits) peer.holdWrites();
        if (stream.error === undefined) stream.offer(new Uint8Array(1000));
        await peer.settle();
        await peer.advance(1000);
        peer.releaseWrites();
        await peer.settle();
      }
      await peer.advance(1000);
      expect(closing.settled).toBe(!waits);
    }
  });
});

describe("over real sockets, through a relay that carries little", () => {
  const atEnd: (() => void)[] = [];

  afterEach(() => {
    for (const end of atEnd.splice(0).reverse()) end();
  });

  /** Passes on the client's bytes in small pieces, one every 20 ms, until it dies. */
  class Relay {
    readonly #sockets: Socket[] = [];
    #isDead = false;

    async listen(upstream: number): Promise<number> {
      const server = listen((fromClient) => {
        const toServer = connect(upstream, "127.0.0.1");
        this.#sockets.push(fromClient, toServer);
        toServer
          .on("error", () => undefined)
          .on("data", (data) => this.#isDead || fromClient.write(data));
        fromClient.on("error", () => undefined);
        this.#carry(fromClient, toServer).catch(() => undefined);
      });
      await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
      atEnd.push(() => {
        server.close();
        for (const socket of this.#sockets) socket.destroy();
      });
      const address = server.address();
      return typeof address === "object" && address !== null ? address.port : 0;
    }

    /** From now on the relay passes nothing on, and tells nobody. */
    die(): void {
      this.#isDead = true;
    }

    async #carry(from: Socket, to: Socket): Promise<void> {
      for await (const chunk of from as AsyncIterable<Uint8Array>) {
        for (let at = 0; at < chunk.length; at += 4096) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          // This never returns, because leaving the loop would close the socket.
          if (this.#isDead) await new Promise(() => undefined);
          to.write(chunk.subarray(at, at + 4096));
        }
      }
    }
  }

  it("an upload does not end the session, and the relay's death does", async () => {
    // The peer gives credit for 128 KiB at once. These need at least 640 ms.
    const wire = yamux({ keepAlive: 200, pingTimeout: 300 });
    const windowSize = 256 * 1024;
    const server = listen((socket) => {
      const session = attach(socket, {
        role: "server",
        wire: yamux({ keepAlive: Infinity }),
        windowSize,
      });
      atEnd.push(() => session.destroy());
      void readEverything(session);
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    atEnd.push(() => server.close());
    const address = server.address();
    const relay = new Relay();
    const port = await relay.listen(
      typeof address === "object" && address !== null ? address.port : 0,
    );
    const socket = connect(port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    const client = attach(socket, { role: "client", wire, lingerTimeout: 10 });
    atEnd.push(() => client.destroy());
    const closing = stateOf(client.closed);
    const stream = client.open();
    await stream.write(new Uint8Array(768 * 1024));
    expect(closing.settled).toBe(false);
    relay.die();
    const { localError } = await client.closed;
    expect(localError).toMatchObject({ code: "HEARTBEAT_TIMEOUT" });
  });
});
