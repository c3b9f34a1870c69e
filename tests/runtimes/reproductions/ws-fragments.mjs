// A server of the `ws` package limits the fragments that it holds of a message, from version 8.21 on.

import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";

const limits = { maxFragments: 100, maxBufferedChunks: 100 };
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, ...limits });
await once(server, "listening");
server.on("connection", (socket) => {
  socket.on("error", (error) => {
    console.log(error.code);
    console.log("gone");
    process.exit();
  });
  socket.on("message", (message) => {
    console.log(`a message of ${message.length} fragments`);
    console.log("reproduced");
    process.exit();
  });
});
const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}/`);
socket.on("error", () => {});
await once(socket, "open");
for (let count = 0; count < 2_000; count++) socket.send(Buffer.of(0), { fin: false }, () => {});
socket.send(Buffer.of(0), { fin: true }, () => {});
