// No URL's scheme is lost: every door by which a request can enter, and whether what it says travels in the clear.

import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import * as https from "node:https";
import { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import * as tls from "node:tls";
import type { Session } from "@muxado/core";
import {
  attach,
  connector,
  type ConnectorOptions,
  SecureSessionAgent,
  serveHttp,
  SessionAgent,
  toDuplex,
} from "@muxado/node";
import { Agent, type Dispatcher, fetch, interceptors, request as undiciRequest } from "undici";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { certificate } from "./certificate.ts";
import { nothingOpen } from "./connections.ts";
import { duplexPair } from "./duplex-pair.ts";
import { deferred, ending, ignore } from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";

leaveNothingOpen();

const authority = certificate(["app.test", "127.0.0.1"]);
const ca = authority.cert;
const SECRET = "Bearer of-nobody-else";
const headers = { authorization: SECRET };

/** Two sessions, and all bytes that the client's has sent. */
interface Wire {
  readonly session: Session;
  readonly far: Session;
  readonly sent: () => Buffer;
}

/** A session whose transport is listened in on; the peer's streams go to a server that has both schemes. */
function wire(): Wire {
  const [left, right] = duplexPair();
  const chunks: Uint8Array[] = [];
  const write = left._write.bind(left);
  const tapped = Object.assign(left, {
    _write(chunk: Uint8Array, encoding: BufferEncoding, done: () => void) {
      chunks.push(Uint8Array.from(chunk));
      write(chunk, encoding, done);
    },
  });
  const session = ending(attach(tapped, { role: "client" }));
  const far = ending(attach(right, { role: "server" }));
  return { session, far, sent: () => Buffer.concat(chunks) };
}

/** What the server has seen of a request. */
function answer(
  request: http.IncomingMessage | http2.Http2ServerRequest,
  response: http.ServerResponse | http2.Http2ServerResponse,
): void {
  const { socket, headers: given, httpVersion } = request;
  if (request.url === "/redirect") {
    response.writeHead(302, { location: "https://app.test/" }).end();
    return;
  }
  const isSecure = (socket as tls.TLSSocket).encrypted === true;
  const body = `${isSecure ? "https" : "http"}/${httpVersion} ${given.authorization}`;
  (response as http.ServerResponse).end(body);
}

const SECURE = { key: authority.key, cert: authority.cert };

/** A server for http alone, for https alone, and for https with HTTP/2 as well; and WebSockets on all but the last. */
function serverOf(kind: "http" | "https" | "h2"): http.Server | http2.Http2SecureServer {
  if (kind === "h2") return http2.createSecureServer({ ...SECURE, allowHTTP1: true }, answer);
  const server =
    kind === "http" ? http.createServer(answer) : https.createServer({ ...SECURE }, answer);
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (peer) => {
      const isSecure = (request.socket as tls.TLSSocket).encrypted === true;
      peer.send(`${isSecure ? "wss" : "ws"} ${request.headers.authorization}`);
    });
  });
  return server;
}

/** A client's wire, and a server behind it. */
function serving(kind: "http" | "https" | "h2"): Wire {
  const all = wire();
  const server = serverOf(kind);
  void serveHttp(all.far, server);
  return all;
}

type Door = (session: Session, url: string) => Promise<string>;

function byNode(makeAgent: (session: Session) => http.Agent): Door {
  return async (session, url) => {
    const agent = makeAgent(session);
    onTestFinished(() => agent.destroy());
    const { get } = url.startsWith("https:") ? https : http;
    const request = get(url, { agent, headers });
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    return text(response);
  };
}

function dispatcherOf(session: Session, options: ConnectorOptions, more: Agent.Options = {}): Agent {
  const dispatcher = new Agent({ ...more, connect: connector(session, options) });
  onTestFinished(() => dispatcher.destroy());
  return dispatcher;
}

function byFetch(options: ConnectorOptions = {}, more: Agent.Options = {}): Door {
  return async (session, url) => {
    const dispatcher = dispatcherOf(session, options, more);
    return (await fetch(url, { headers, dispatcher })).text();
  };
}

function byUndici(
  options: ConnectorOptions = {},
  more: Agent.Options = {},
  compose = (agent: Agent): Dispatcher => agent,
): Door {
  return async (session, url) => {
    const dispatcher = compose(dispatcherOf(session, options, more));
    return (await undiciRequest(url, { headers, dispatcher })).body.text();
  };
}

function byWebSocket(makeAgent: (session: Session) => http.Agent): Door {
  return async (session, url) => {
    const agent = makeAgent(session);
    onTestFinished(() => agent.destroy());
    const socket = new WebSocket(url.replace("http", "ws"), { agent, headers });
    const [message] = (await once(socket, "message")) as [Buffer];
    socket.close();
    await once(socket, "close");
    return String(message);
  };
}

function byHttp2(connect: (session: Session) => Duplex): Door {
  return async (session, url) => {
    const connection = http2.connect(url, { createConnection: () => connect(session) });
    connection.on("error", ignore);
    const request = connection.request({ ":path": "/", ...headers });
    const body = await text(request);
    connection.close();
    return body;
  };
}

const plain = (session: Session): http.Agent => new SessionAgent(session);
const secure = (session: Session): http.Agent => new SecureSessionAgent(session, { ca });
const inside = { tls: { ca } };
const both = { ...inside, allowH2: true };
const h2 = { allowH2: true };

/** Each door, with the URL that goes in, the server there, and what that has seen. */
const open: [string, Door, string, "http" | "https" | "h2", string][] = [
  ["http.request, SessionAgent", byNode(plain), "http://app.test/", "http", "http/1.1"],
  ["https.request, SecureSessionAgent", byNode(secure), "https://app.test/", "https", "https/1.1"],
  ["the same, for an address", byNode(secure), "https://127.0.0.1/", "https", "https/1.1"],
  ["the same, with HTTP/2 there", byNode(secure), "https://app.test/", "h2", "https/1.1"],
  ["undici's fetch", byFetch(), "http://app.test/", "http", "http/1.1"],
  ["undici's fetch", byFetch(inside), "https://app.test/", "https", "https/1.1"],
  ["undici's fetch for an address", byFetch(inside), "https://127.0.0.1/", "https", "https/1.1"],
  ["undici's fetch, with HTTP/2 there", byFetch(inside), "https://app.test/", "h2", "https/1.1"],
  ["undici's fetch that may have HTTP/2", byFetch(both, h2), "https://app.test/", "h2", "https/2.0"],
  ["the same, with none there", byFetch(both, h2), "https://app.test/", "https", "https/1.1"],
  ["the same", byFetch(both, h2), "http://app.test/", "http", "http/1.1"],
  ["undici's request", byUndici(), "http://app.test/", "http", "http/1.1"],
  ["undici's request", byUndici(inside), "https://app.test/", "https", "https/1.1"],
  ["undici's request, HTTP/2", byUndici(both, h2), "https://app.test/", "h2", "https/2.0"],
  ["ws, SessionAgent", byWebSocket(plain), "http://app.test/", "http", "ws"],
  ["ws, SecureSessionAgent", byWebSocket(secure), "https://app.test/", "https", "wss"],
  [
    "http2.connect, a stream's Duplex in TLS",
    byHttp2((session) => {
      const socket = toDuplex(session.open());
      return tls.connect({ socket, ca, servername: "app.test", ALPNProtocols: ["h2"] });
    }),
    "https://app.test/",
    "h2",
    "https/2.0",
  ],
];

test.each(open)("%s: %s", async () => {});
describe("a request enters by", () => {
  test.each(open)("%s: %3$s", async (_, door, url, kind, seen) => {
    const warned = vi.fn();
    process.on("warning", warned);
    onTestFinished(() => void process.off("warning", warned));
    const { session, far, sent } = serving(kind);
    expect(await door(session, url)).toBe(`${seen} ${SECRET}`);
    expect(sent().includes(SECRET)).toBe(url.startsWith("http:"));
    expect(warned).not.toHaveBeenCalled();
    expect(session.stats().resetsSent.INTERNAL_ERROR).toBeUndefined();
    void far;
  });
});
