// Two sessions over TCP: the wire is an option of the adapter's sessions, like any other option.

import { connect, createConnection, createServer, type Server } from "@muxado/node";
import type { Session } from "@muxado/core";
import { bytes } from "@muxado/testkit";
import { TypedSession } from "@muxado/typed";
import { yamux } from "@muxado/yamux";
import { afterEach, describe, expect, it, vi } from "vitest";

const open: (Session | Server)[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close({ timeout: 1000 })));
});

/** Returns two connected sessions. */
async function overTcp(options = {}): Promise<{ client: Session; server: Session }> {
  const wire = yamux(options);
  let connected!: (session: Session) => void;
  const connecting = new Promise<Session>((resolve) => (connected = resolve));
  const listener = createServer({ wire }, (session) => connected(session));
  open.push(listener);
  await listener.listen({ host: "127.0.0.1", port: 0 });
  const client = await connect({ host: "127.0.0.1", port: listener.port!, wire });
  open.unshift(client);
  return { client, server: await connecting };
}

async function echo(session: Session): Promise<void> {
  for await (const stream of session) {
    void (async () => {
      for await (const piece of stream) await stream.write(piece);
      await stream.closeWrite();
    })();
  }
}

async function contentOf(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Uint8Array.from(Buffer.concat(pieces));
}

describe("over TCP", () => {
  it("streams of both sides carry what is written, there and back", async () => {
    const { client, server } = await overTcp();
    void echo(client);
    void echo(server);
    for (const [session, firstId] of [
      [client, 1],
      [server, 2],
    ] as const) {
      const stream = session.open();
      expect(stream.id).toBe(firstId);
      const content = bytes(1_000_000);
      void stream.write(content).then(() => stream.closeWrite());
      expect(Buffer.compare(await contentOf(stream), content)).toBe(0);
    }
  });

  it("a layer's streams are connections like any others", async () => {
    const { client, server } = await overTcp();
    void new TypedSession(server).serve({
      7: async (stream) => {
        for await (const piece of stream) await stream.write(piece);
        await stream.closeWrite();
      },
    });
    const typed = new TypedSession(client);
    const connection = createConnection(() => typed.open({ type: 7 }));
    expect(connection.connecting).toBe(true);
    connection.end(bytes(100_000));
    expect(Buffer.compare(await contentOf(connection), bytes(100_000))).toBe(0);
    expect(connection.stream).toMatchObject({ type: 7 });
  });

  it("a thousand streams at once get their places, four at a time", async () => {
    const { client, server } = await overTcp({ maxUnacknowledged: 4 });
    void echo(server);
    const answers = await Promise.all(
      Array.from({ length: 1000 }, async (_, number) => {
        const stream = client.open();
        void stream.write(bytes(`question ${number}`));
        void stream.closeWrite();
        return new TextDecoder().decode(await contentOf(stream));
      }),
    );
    expect(answers).toEqual(answers.map((_, number) => `question ${number}`));
    expect(client.stats().openStreams).toBe(0);
  });

  it("pings measure a round trip", async () => {
    const { client, server } = await overTcp();
    for (const session of [client, server]) {
      const roundTrip = await session.ping();
      expect(roundTrip).toBeGreaterThanOrEqual(0);
      // This checks only the unit, milliseconds instead of microseconds: the machine may be busy.
      expect(roundTrip).toBeLessThan(60_000);
    }
  });

  it("a keep-alive keeps idle sessions alive", async () => {
    const { client, server } = await overTcp({ keepAlive: 5, pingTimeout: 60_000 });
    for (const session of [client, server]) {
      await vi.waitFor(() => expect(session.stats().framesReceived).toBeGreaterThan(1));
      expect(() => session.open()).not.toThrow();
    }
  });

  it("a graceful close ends both sides without an error", async () => {
    const { client, server } = await overTcp();
    void echo(server);
    const stream = client.open();
    await stream.write(bytes(10));
    await stream.closeWrite();
    await contentOf(stream);
    await client.close();
    expect(await client.closed).toMatchObject({ localError: undefined, remoteError: undefined });
    expect(await server.closed).toMatchObject({ localError: undefined, remoteError: undefined });
  });
});
