// The compliance suite in a browser. Both sessions run in the page, over two of its WebSockets that a relay joins.

import { type ConnectedSessions, describeSessions } from "@muxado/testkit";
import { attach, connect } from "@muxado/ws";
import { inject } from "vitest";

let pairs = 0;

describeSessions({
  name: "a browser's WebSockets",
  connect: async ({ client, server }): Promise<ConnectedSessions> => {
    const url = `${inject("bareUrl")}/relay/${++pairs}`;
    const left = await connect(url, client);
    const socket = new WebSocket(url, "muxado");
    const right = attach(socket, { ...server, role: "server" });
    return {
      client: left,
      server: right,
      async [Symbol.asyncDispose]() {
        left.destroy();
        right.destroy();
        await Promise.all([left.closed, right.closed]);
      },
    };
  },
});
