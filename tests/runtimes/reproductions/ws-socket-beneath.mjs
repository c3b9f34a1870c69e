// A client of the `ws` package has its TCP socket in `_socket` once it is open.

import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
await once(server, "listening");
const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}/`);
await once(socket, "open");
console.log(typeof socket._socket?.write === "function" ? "gone" : "reproduced");
process.exit();
