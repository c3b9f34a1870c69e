// Over a session, a server takes requests that become something else: tunnels and WebSockets.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import * as http from "node:http";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { StreamDuplex, toDuplex } from "@muxado/node";
import { describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { nothingOpen } from "../connections.ts";
import { deferred, ignore } from "../peers.ts";
import { leaveNothingOpen } from "../resources.ts";
import { get, serving } from "./serving.ts";

leaveNothingOpen();

describe("upgrades over a session", () => {
  test("a server takes tunnels: CONNECT gives both sides a bare stream", async () => {
    const server = http.createServer();
    server.on("connect", (request, socket: Duplex, head: Buffer) => {
      expect(request.url).toBe("far.test:443");
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.write(head);
      socket.pipe(socket);
    });
    const { agent, sessions } = serving(server);
    const request = http.request({ agent, method: "CONNECT", path: "far.test:443" }).end();
    const [, tunnel] = (await once(request, "connect")) as [unknown, Duplex];
    expect(tunnel).toBeInstanceOf(StreamDuplex);
    tunnel.end("through");
    expect(await text(tunnel)).toBe("through");
    await nothingOpen(sessions);
  });

  test("a server takes WebSockets, which stay open beside requests", async () => {
    const server = http.createServer((_request, response) => response.end("plain"));
    const sockets = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (peer) => {
        peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }));
      });
    });
    const { agent, sessions } = serving(server);
    const createConnection = (): Duplex => toDuplex(sessions[0].open());
    // `ws` declares a socket, but uses only members that a Duplex has.
    const options = { createConnection } as unknown as http.ClientRequestArgs;
    for (const given of [options, { agent }]) {
      const client = new WebSocket("ws://app.test/chat", given);
      await once(client, "open");
      expect(await get(agent)).toBe("plain");
      for (const message of ["hello", "x".repeat(500_000)]) {
        client.send(message);
        const [data] = (await once(client, "message")) as [Buffer];
        expect(String(data) === message).toBe(true);
      }
      const binary = randomBytes(100_000);
      client.send(binary);
      expect(((await once(client, "message")) as [Buffer])[0].equals(binary)).toBe(true);
      client.close(4_000, "done");
      expect(await once(client, "close")).toEqual([4_000, Buffer.from("done")]);
    }
    await nothingOpen(sessions);
  });

  test("both sides notice that the session of a WebSocket ends", async () => {
    const server = http.createServer();
    const sockets = new WebSocketServer({ noServer: true });
    const ended = deferred<number>();
    server.on("upgrade", (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (peer) => {
        peer.on("error", ignore).on("close", ended.resolve);
      });
    });
    const { agent, sessions } = serving(server);
    const client = new WebSocket("ws://app.test/", { agent });
    client.on("error", ignore);
    await once(client, "open");
    const closed = once(client, "close");
    sessions[0].destroy();
    expect((await closed)[0]).toBe(1006);
    expect(await ended.promise).toBe(1006);
  });
});
