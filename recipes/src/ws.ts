// WebSockets with ws: its option `createConnection` makes the connection. Its server is one of node:http.

import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import type { Socket } from "node:net";
import { type ClientOptions, WebSocket, WebSocketServer } from "ws";
import { exchangePieces } from "./harness/bulk.ts";
import { happens } from "./harness/events.ts";
import { knows } from "./harness/knowing.ts";
import { recipe as define } from "./harness/recipe.ts";
import { withoutListening } from "./servers/application.ts";
import { createConnection } from "@muxado/node";

const password = "known";

export const recipe = define({
  async start() {
    const server = http.createServer();
    const sockets = new WebSocketServer({
      server,
      verifyClient: ({ req }: { req: http.IncomingMessage }) =>
        req.headers.authorization === password,
    });
    sockets.on("connection", (socket) => {
      socket.on("error", () => {}); // the socket closes as well
      socket.on("message", (data) => socket.send(data));
    });
    return withoutListening(server, () => sockets.close());
  },
  async run({ link, step }) {
    const { host, port, source } = link;
    const connect = async (authorization: string): Promise<WebSocket> => {
      const options: ClientOptions = {
        headers: { authorization },
        ...(source !== undefined && {
          createConnection: () => createConnection(source) as unknown as Socket,
        }),
      };
      const socket = new WebSocket(`ws://${host}:${port}/`, options);
      await once(socket, "open");
      socket.on("error", () => {}); // the socket closes as well
      return socket;
    };

    await step("a wrong password is refused", async () => {
      await assert.rejects(connect("wrong"), /401/);
    });

    let socket = await connect(password);

    await step("many bytes", () =>
      exchangePieces(async (piece) => {
        const back = happens<[Buffer]>(socket, "message");
        socket.send(piece);
        return (await back)[0];
      }),
    );

    await step("the server ends the connection", async () => {
      const note = await knows(happens(socket, "close"), () => link.cut());
      socket = await connect(password);
      return note;
    });

    await step("the way is lost and comes back", async () => {
      const note = await knows(happens(socket, "close"), () => link.lose());
      await assert.rejects(connect(password), { code: "ECONNREFUSED" });
      await link.restore();
      socket = await connect(password);
      return note;
    });

    const closed = happens(socket, "close");
    socket.close();
    await closed;
  },
});
