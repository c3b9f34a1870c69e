// Refusals: the HTTP answers to upgrades that do not become sessions.

import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** An HTTP answer. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The error behind the refusal. The client does not see it. */
  readonly cause?: unknown;
}

/** The answer to a request that does not ask for a WebSocket. */
const UPGRADE_REQUIRED: Refusal = {
  status: 426,
  text: "only WebSockets are served here",
  headers: { Upgrade: "websocket" },
};

/** Returns why `request` cannot open a WebSocket; undefined if it can. It does not check the sender of the request. */
export function handshakeRefusal({ method, headers }: IncomingMessage): Refusal | undefined {
  if (method !== "GET") {
    return { status: 405, text: "the method must be GET", headers: { Allow: "GET" } };
  }
  if (headers.upgrade?.toLowerCase() !== "websocket") return UPGRADE_REQUIRED;
  // `ws` also accepts version 8. This is a draft in which pages send their origin in another header.
  if (headers["sec-websocket-version"] === "13") return undefined;
  return {
    status: 426,
    text: "Sec-WebSocket-Version must be 13",
    headers: { Upgrade: "websocket", "Sec-WebSocket-Version": "13" },
  };
}

/** Answers an upgrade with `refusal`, and closes the connection. */
export function refuse(socket: Duplex, refusal: Refusal): void {
  const lines = [`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ""}`];
  for (const [name, value] of Object.entries(headersOf(refusal))) lines.push(`${name}: ${value}`);
  socket.on("error", () => socket.destroy());
  socket.once("finish", () => socket.destroy());
  socket.end(`${lines.join("\r\n")}\r\n\r\n${refusal.text}`);
}

/** Answers a request that is not an upgrade, and closes the connection. */
export function requireUpgrade(response: ServerResponse): void {
  response.writeHead(UPGRADE_REQUIRED.status, headersOf(UPGRADE_REQUIRED));
  response.end(UPGRADE_REQUIRED.text);
}

function headersOf({ text, headers }: Refusal): Record<string, string> {
  return {
    ...headers,
    Connection: headers?.["Upgrade"] === undefined ? "close" : "close, Upgrade",
    "Content-Type": "text/plain",
    "Content-Length": `${Buffer.byteLength(text)}`,
  };
}
