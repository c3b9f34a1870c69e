// threats.md, 18: a peer floods a server with messages that it should not send. The server stays up and serves others.

import { once } from "node:events";
import { Random } from "@muxado/testkit";
import { connect } from "@muxado/ws";
import { expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { ask, echo, ending, ignore, serve } from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";

leaveNothingOpen();

const random = new Random(18);
const garbage = (): Uint8Array => new Uint8Array(5_000).map(() => random.below(256));
const HUGE = Buffer.alloc(2 * 1024 * 1024);

test.each<[string, (socket: WebSocket) => void]>([
  ["garbage", (socket) => socket.send(garbage(), ignore)],
  ["huge messages", (socket) => socket.send(HUGE, ignore)],
  ["text", (socket) => socket.send("x".repeat(1_000), ignore)],
  ["huge text", (socket) => socket.send("x".repeat(900_000), ignore)],
  ["fragments", (socket) => socket.send(Buffer.of(0), { fin: false }, ignore)],
  ["pings", (socket) => socket.ping("x", undefined, ignore)],
  ["bytes that are no WebSocket's", (socket) => beneath(socket)?.write(garbage())],
])("a server that is flooded with %s serves others", async (_, send) => {
  const { url, server } = await serve({}, echo);
  const honest = ending(await connect(url, { WebSocket }));
  const before = process.memoryUsage().rss;
  let attacking = true;
  const attack = Promise.all(Array.from({ length: 3 }, () => flood(url, send))).then(() => {
    attacking = false;
  });
  for (let round = 0; attacking || round < 5; round++) {
    expect(await ask(honest, `${round}`.repeat(1_000))).toBe(`${round}`.repeat(1_000));
    const another = await connect(url, { WebSocket });
    expect(await ask(another, "hello")).toBe("hello");
    await another.close();
  }
  await attack;
  expect((process.memoryUsage().rss - before) / 1024 / 1024).toBeLessThan(300);
  await vi.waitFor(() => expect(server.sessions.size).toBe(1));
  expect(await ask(honest, "still here")).toBe("still here");
});

/** Masks that change nothing: otherwise the flood would spend its time on masking. */
const CHEAP = {
  perMessageDeflate: false,
  generateMask: (mask: Buffer) => void mask.fill(0),
};

/** Makes one connection after another. Each lasts until the server ends it, or until it has sent this many messages. */
async function flood(url: string, send: (socket: WebSocket) => void): Promise<void> {
  for (let connection = 0; connection < 10; connection++) {
    const socket = new WebSocket(url, "muxado", CHEAP).on("error", ignore);
    await once(socket, "open");
    for (let count = 0; count < 2_000 && socket.readyState === WebSocket.OPEN; count++) {
      send(socket);
      // Other code gets a turn.
      if (count % 10 === 0) await new Promise((next) => setImmediate(next));
    }
    socket.terminate();
  }
}

function beneath(socket: WebSocket): { write(bytes: Uint8Array): void } | null {
  return (socket as unknown as { _socket: { write(bytes: Uint8Array): void } | null })._socket;
}
