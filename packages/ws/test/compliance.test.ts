// The compliance suite over every kind of WebSocket.

import type { Session } from "@muxado/core";
import { describeSessions, disposable, type SessionsUnderTest } from "@muxado/testkit";
import { attach, connect, type WebSocketConstructor } from "@muxado/ws";
import { createServer } from "@muxado/ws/server";
import { WebSocket } from "ws";
import { deferred, HOST, socketPair } from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";
import { StandardWebSocket } from "./standard-socket.ts";

leaveNothingOpen();

describeSessions({ name: "WebSockets of ws", connect: listening(WebSocket) });

describeSessions({ name: "a standard WebSocket", connect: listening(StandardWebSocket) });

const platform = globalThis.WebSocket as WebSocketConstructor | undefined;
if (platform !== undefined) {
  describeSessions({ name: "the platform's WebSocket", connect: listening(platform) });
}

describeSessions({
  name: "compressed WebSockets, the server the client",
  connect: async ({ client, server }) => {
    const [right, left] = await socketPair({ perMessageDeflate: true });
    return disposable(
      attach(left, { ...client, role: "client" }),
      attach(right, { ...server, role: "server" }),
    );
  },
});

/** Connects over sockets: makes a server for each pair of sessions. */
function listening(WebSocket: WebSocketConstructor): SessionsUnderTest["connect"] {
  return async ({ client, server }) => {
    const accepted = deferred<Session>();
    const listener = createServer({ ...server }, accepted.resolve);
    await listener.listen({ host: HOST, port: 0 });
    const url = `ws://${HOST}:${listener.port}/`;
    const session = await connect(url, { ...client, WebSocket });
    return disposable(session, await accepted.promise, () => listener.close({ timeout: 0 }));
  };
}
