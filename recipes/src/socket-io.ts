// socket.io: its client takes an agent of node:http, for its requests and for its WebSocket.

import assert from "node:assert/strict";
import * as http from "node:http";
import { SessionAgent } from "@muxado/node";
import { Server } from "socket.io";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { exchangePieces } from "./harness/bulk.ts";
import { happens } from "./harness/events.ts";
import { knows } from "./harness/knowing.ts";
import { recipe as define } from "./harness/recipe.ts";
import { withoutListening } from "./servers/application.ts";

const password = "known";

export const recipe = define({
  async start() {
    const server = http.createServer();
    const sockets = new Server(server, { maxHttpBufferSize: 10_000_000 });
    sockets.use((socket, next) => {
      if (socket.handshake.auth["password"] === password) next();
      else next(new Error("who are you?"));
    });
    sockets.on("connection", (socket) => {
      socket.on("echo", (piece: Buffer, answer: (piece: Buffer) => void) => answer(piece));
    });
    return withoutListening(server, () => sockets.disconnectSockets(true));
  },
  async run({ link, step }) {
    const { host, port, source } = link;
    const agent = source && new SessionAgent(source);
    const options: Partial<ManagerOptions & SocketOptions> = {
      auth: { password },
      forceNew: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 50,
      // The type of `agent` allows no object, but socket.io passes an object on.
      ...(agent !== undefined && { agent: agent as unknown as boolean }),
    };
    const url = `http://${host}:${port}`;

    await step("a wrong password is refused", async () => {
      const socket = io(url, { ...options, auth: { password: "wrong" } });
      const [error] = await happens<[Error]>(socket, "connect_error");
      assert.equal(error.message, "who are you?");
      socket.disconnect();
    });

    const socket = io(url, options);
    await connected(socket);

    await step("many bytes", () =>
      exchangePieces(async (piece) => (await socket.emitWithAck("echo", piece)) as Buffer),
    );

    await step("the server ends the connection, and it connects again", async () => {
      const again = connected(socket);
      const note = await knows(happens(socket, "disconnect"), () => link.cut());
      await again;
      assert.deepEqual(await socket.emitWithAck("echo", "again"), "again");
      return note;
    });

    await step("the way is lost and comes back", async () => {
      const failed = happens(socket.io, "reconnect_error");
      const note = await knows(happens(socket, "disconnect"), () => link.lose());
      await failed;
      const again = connected(socket);
      await link.restore();
      await again;
      assert.deepEqual(await socket.emitWithAck("echo", "again"), "again");
      return note;
    });

    socket.disconnect();
  },
});

/**
 * Resolves when the socket is connected and uses its WebSocket. Between two HTTP requests it has no connection. If
 * the client is lost at that time, the server notices only by its ping, over TCP as well.
 */
async function connected(socket: Socket): Promise<void> {
  await happens(socket, "connect");
  const { engine } = socket.io;
  if (engine.transport.name !== "websocket") await happens(engine, "upgrade");
}
