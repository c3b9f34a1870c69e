// WebSockets without sessions, for all tests: a relay that joins two WebSockets of a page, and a server that sends
// text. It starts before the first test, and ends after the last.

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { type WebSocket, WebSocketServer } from "ws";

/** If this many bytes wait to be sent to one end, the relay stops reading from the other. */
const ENOUGH_WAITING = 256 * 1024;

declare module "vitest" {
  export interface ProvidedContext {
    /** The URL of the WebSockets without sessions. */
    bareUrl: string;
  }
}

/** vitest's global setup. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  /** The first of two WebSockets with the same path. */
  const waiting = new Map<string, WebSocket>();
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (socket, { url = "" }) => {
    socket.on("error", () => {}); // the close that follows is passed on
    if (url === "/text") return socket.send("hello");
    const other = waiting.get(url);
    if (other === undefined) {
      // Its messages stay in the connection until the second WebSocket comes.
      socket.pause();
      waiting.set(url, socket);
    } else {
      waiting.delete(url);
      pass(socket, other);
      pass(other, socket);
      other.resume();
    }
  });
  await once(server, "listening");
  project.provide("bareUrl", `ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return async () => {
    for (const socket of server.clients) socket.terminate();
    server.close();
    await once(server, "close");
  };
}

/** Passes on messages of `from` as fast as `to` takes them, and passes on how `from` ends. */
function pass(from: WebSocket, to: WebSocket): void {
  from.on("message", (data, isBinary) => {
    to.send(data, { binary: isBinary }, () => {
      if (from.isPaused && to.bufferedAmount < ENOUGH_WAITING) from.resume();
    });
    if (to.bufferedAmount >= ENOUGH_WAITING) from.pause();
  });
  from.on("close", (code, reason) => {
    if (code === 1006) to.terminate();
    else if (code === 1005) to.close();
    else to.close(code, reason);
    // Without this, the answer to its close would never be read.
    to.resume();
  });
}
