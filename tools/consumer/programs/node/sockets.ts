// Node: sockets, HTTP, files, and the server of WebSocket sessions. This project does not have the types of `ws`.

import { open, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, get } from "node:http";
import { connect as dial } from "node:net";
import type { Session, Stream, Transport, TransportInput } from "@muxado/core";
import { attach, connect, createServer, SessionAgent, toDuplex } from "@muxado/node";
import { attach as attachSocket, type WebSocketLike } from "@muxado/ws";
import * as ws from "@muxado/ws/server";

export async function sockets(): Promise<void> {
  const server = createServer({ onConnectionError: undefined }, async (session) => {
    for await (const stream of session) toDuplex(stream).pipe(process.stdout);
  });
  await server.listen({ port: 0 });
  await using session = await connect({ port: server.port ?? 0, host: "localhost" });
  get("http://example.net/", { agent: new SessionAgent(session) });
  attach(dial(1), { role: "client" }).destroy();
  await server.close();
}

export async function files(stream: Stream): Promise<void> {
  const file = await open("file", "w");
  for await (const chunk of stream) await file.write(chunk);
  await writeFile("another", stream);
  const [buffer] = [Buffer.from("text")];
  await stream.write(buffer);
}

export async function webSockets(socket: WebSocketLike): Promise<Session> {
  const http = createHttpServer();
  const server = ws.createServer({ server: http, origins: ["https://example.net"] }, (session) =>
    session.destroy(),
  );
  http.on("upgrade", (request, upgraded, head) => server.handleUpgrade(request, upgraded, head));
  await server.listen({ port: 0 });
  console.log(server.address, ws.socketOptions.maxPayload);
  return attachSocket(socket, { role: "client" });
}

/** A transport over a stream of Node's, whose Buffers may view any kind of memory. */
export class OwnTransport implements Transport {
  readonly #socket = dial(1);

  start(input: TransportInput): void {
    this.#socket.on("data", (chunk) => input.receive(chunk));
  }

  write(chunks: Uint8Array[]): void {
    for (const chunk of chunks) this.#socket.write(chunk);
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
