// WebSockets without sessions, for all tests: a relay that joins two of a page's, and one that speaks text. Started
// before the first test, and ended after the last.

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { type WebSocket, WebSocketServer } from "ws";

/** Bytes that wait for one end from which on the other is not read. */
const ENOUGH_WAITING = 256 * 1024;

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the WebSockets without sessions are. */
    bareUrl: string;
  }
}

/** vitest's global setup. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  /** The first of two that have the same path. */
  const waiting = new Map<string, WebSocket>();
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (socket, { url = "" }) => {
    socket.on("error", () => {}); // the close that follows is passed on
    if (url === "/text") return socket.send("hello");
    const other = waiting.get(url);
    if (other === undefined) {
      // What it says stays in the connection until there is somebody to say it to.
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

/** Passes on what `from` says, as fast as `to` takes it, and how it ends. */
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
    // Otherwise the answer to its close would never be read.
    to.resume();
  });
}
