// Sockets and servers of the `ws` package, whose types the project has.

import type { Session } from "@muxado/core";
import { attach, connect } from "@muxado/ws";
import { answerPings, createServer, socketOptions } from "@muxado/ws/server";
import { WebSocket, WebSocketServer } from "ws";

export async function client(): Promise<Session> {
  class Authorized extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols, { ...socketOptions, headers: { Authorization: "" } });
      answerPings(this);
    }
  }
  const session = await connect("ws://localhost/", { WebSocket });
  session.destroy();
  return connect("ws://localhost/", { WebSocket: Authorized });
}

export function server(): Session[] {
  const sessions: Session[] = [];
  new WebSocketServer({ ...socketOptions, noServer: true }).on("connection", (socket) => {
    answerPings(socket);
    sessions.push(attach(socket, { role: "server" }));
  });
  createServer({ maxPayload: 1024 * 1024, perMessageDeflate: { threshold: 1 } }, (session) =>
    session.destroy(),
  );
  return sessions;
}
