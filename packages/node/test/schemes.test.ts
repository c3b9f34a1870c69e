// No URL loses its scheme. The tests send a request in every possible way, and check whether its contents travel
// unencrypted.

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
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { certificate } from "./certificate.ts";
import { nothingOpen } from "./connections.ts";
import { duplexPair } from "./duplex-pair.ts";
import { ending, ignore } from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";

leaveNothingOpen();

const authority = certificate(["app.test", "127.0.0.1"]);
const ca = authority.cert;
const SECRET = "Bearer of-nobody-else";
const headers = { authorization: SECRET };

/** Two sessions, and all bytes that the client's session has sent. */
interface Wire {
  readonly session: Session;
  readonly far: Session;
  readonly sent: () => Buffer;
}

/** Returns two sessions, and records the bytes of the client's transport. */
function wire(): Wire {
  const [left, right] = duplexPair();
  const chunks: Uint8Array[] = [];
  const write = left._write.bind(left);
  left._write = (chunk: Uint8Array, encoding, done) => {
    chunks.push(Uint8Array.from(chunk));
    write(chunk, encoding, done);
  };
  const session = ending(attach(left, { role: "client" }));
  const far = ending(attach(right, { role: "server" }));
  return { session, far, sent: () => Buffer.concat(chunks) };
}

/** Answers with the scheme, the HTTP version and the `authorization` of the request. */
function answer(
  request: http.IncomingMessage | http2.Http2ServerRequest,
  response: http.ServerResponse | http2.Http2ServerResponse,
): void {
  if (request.url === "/redirect") {
    response.writeHead(302, { location: "https://app.test/" });
    response.end();
    return;
  }
  const { socket, headers: given, httpVersion } = request;
  const scheme = "encrypted" in socket && socket.encrypted ? "https" : "http";
  response.end(`${scheme}/${httpVersion} ${given.authorization}`);
}

/**
 * Returns sessions with servers for both schemes behind them. The first byte of a connection selects the server, so a
 * lost scheme would not cause an error by itself.
 */
function serving(secured: "https" | "h2"): Wire {
  const all = wire();
  const plain = http.createServer(answer);
  const plain2 = http2.createServer(answer);
  const credentials = { key: authority.key, cert: authority.cert };
  const secured1 = https.createServer(credentials, answer);
  const secured2 = http2.createSecureServer({ ...credentials, allowHTTP1: true }, answer);
  for (const server of [plain, secured1]) {
    const sockets = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (peer) => {
        peer.send(`${server === plain ? "ws" : "wss"} ${request.headers.authorization}`);
      });
    });
  }
  const emit = (_event: string, connection: Duplex): boolean => {
    connection.once("readable", () => {
      const head = connection.read() as Buffer | null;
      if (head === null) return;
      connection.unshift(head);
      const isTls = head[0] === 0x16;
      const isHttp2 = head.toString("latin1").startsWith("PRI * HTTP/2");
      const server = isTls ? (secured === "h2" ? secured2 : secured1) : isHttp2 ? plain2 : plain;
      server.emit("connection", connection);
    });
    return true;
  };
  void serveHttp(all.far, { emit });
  return all;
}

/** A way to make a request. It returns the body of the answer. */
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

function dispatcherOf(
  session: Session,
  options: ConnectorOptions,
  more: Agent.Options = {},
): Agent {
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
  ...interceptor: Dispatcher.DispatcherComposeInterceptor[]
): Door {
  return async (session, url) => {
    const dispatcher = dispatcherOf(session, options, more).compose(interceptor);
    return (await undiciRequest(url, { headers, dispatcher })).body.text();
  };
}

function byWebSocket(makeAgent: (session: Session) => http.Agent): Door {
  return async (session, url) => {
    const agent = makeAgent(session);
    onTestFinished(() => agent.destroy());
    const socket = new WebSocket(url, { agent, headers });
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

function bare(session: Session): Duplex {
  return toDuplex(session.open());
}

function encrypted(session: Session): Duplex {
  return tls.connect({ socket: bare(session), ca, servername: "app.test", ALPNProtocols: ["h2"] });
}

const plain = (session: Session): http.Agent => new SessionAgent(session);
const secure = (session: Session): http.Agent => new SecureSessionAgent(session, { ca });
const inside = { tls: { ca } };
const both = { ...inside, allowH2: true };
const h2 = { allowH2: true };

/** Each way with its URL, the server's kind of https (with or without HTTP/2), and what the server has seen. */
const open: [string, string, Door, "https" | "h2", string][] = [
  ["http.request, SessionAgent", "http://app.test/", byNode(plain), "https", "http/1.1"],
  ["https.request, SecureSessionAgent", "https://app.test/", byNode(secure), "https", "https/1.1"],
  ["the same, HTTP/2 there", "https://app.test/", byNode(secure), "h2", "https/1.1"],
  ["the same, by address", "https://127.0.0.1/", byNode(secure), "https", "https/1.1"],
  ["undici's fetch", "http://app.test/", byFetch(inside), "https", "http/1.1"],
  ["undici's fetch", "https://app.test/", byFetch(inside), "https", "https/1.1"],
  ["the same, HTTP/2 there", "https://app.test/", byFetch(inside), "h2", "https/1.1"],
  ["the same, by address", "https://127.0.0.1/", byFetch(inside), "https", "https/1.1"],
  ["fetch that may have HTTP/2", "http://app.test/", byFetch(both, h2), "h2", "http/1.1"],
  ["the same", "https://app.test/", byFetch(both, h2), "h2", "https/2.0"],
  ["the same, no HTTP/2 there", "https://app.test/", byFetch(both, h2), "https", "https/1.1"],
  ["fetch, only the connector may", "https://app.test/", byFetch(both), "https", "https/1.1"],
  ["fetch, only the agent may", "https://app.test/", byFetch(inside, h2), "h2", "https/1.1"],
  ["undici's request", "http://app.test/", byUndici(), "https", "http/1.1"],
  ["undici's request", "https://app.test/", byUndici(inside), "https", "https/1.1"],
  ["undici's request, HTTP/2", "https://app.test/", byUndici(both, h2), "h2", "https/2.0"],
  ["ws, SessionAgent", "ws://app.test/", byWebSocket(plain), "https", "ws"],
  ["ws, SecureSessionAgent", "wss://app.test/", byWebSocket(secure), "https", "wss"],
  ["http2.connect, a bare stream", "http://app.test/", byHttp2(bare), "h2", "http/2.0"],
  ["http2.connect, TLS in a stream", "https://app.test/", byHttp2(encrypted), "h2", "https/2.0"],
];

test.each(open)("a request enters by %s: %s", async (_, url, door, secured, seen) => {
  const warned = vi.fn();
  process.on("warning", warned);
  onTestFinished(() => void process.off("warning", warned));
  const { session, sent } = serving(secured);
  expect(await door(session, url)).toBe(`${seen} ${SECRET}`);
  const isSecure = /^(https|wss):/.test(url);
  expect(isSecure && sent().includes(SECRET)).toBe(false);
  // The first line of a request has these characters, and so does the beginning of HTTP/2.
  expect(sent().includes("HTTP/")).toBe(!isSecure);
  expect(warned).not.toHaveBeenCalled();
});

test.each([
  ["undici's fetch", byFetch(inside)],
  ["undici's request", byUndici(inside, {}, interceptors.redirect({ maxRedirections: 1 }))],
])("%s follows a redirect to https into TLS", async (_, door) => {
  const { session, far } = serving("https");
  const requests = door(session, "http://app.test/redirect");
  // The client decides whether it sends the secret to the server of another scheme.
  expect(await requests).toMatch(/^https\/1\.1 /);
  expect(far.stats().streamsReceived).toBe(2);
});

/** Combinations that cannot work, and the error that the program gets. */
const shut: [string, string, Door, object][] = [
  [
    "https.request, SessionAgent",
    "https://app.test/",
    byNode(plain),
    { code: "ERR_INVALID_PROTOCOL", message: expect.stringContaining('Expected "http:"') },
  ],
  [
    "http.request, SecureSessionAgent",
    "http://app.test/",
    byNode(secure),
    { code: "ERR_INVALID_PROTOCOL", message: expect.stringContaining('Expected "https:"') },
  ],
  ["ws, SessionAgent", "wss://app.test/", byWebSocket(plain), { code: "ERR_INVALID_PROTOCOL" }],
  [
    "ws, SecureSessionAgent",
    "ws://app.test/",
    byWebSocket(secure),
    { code: "ERR_INVALID_PROTOCOL" },
  ],
  [
    "SecureSessionAgent that does not know the authority",
    "https://app.test/",
    byNode((session) => new SecureSessionAgent(session)),
    { code: "DEPTH_ZERO_SELF_SIGNED_CERT" },
  ],
  [
    "fetch that does not know the authority",
    "https://app.test/",
    byFetch(),
    { cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" } },
  ],
  [
    "SecureSessionAgent, for another's name",
    "https://other.test/",
    byNode(secure),
    { code: "ERR_TLS_CERT_ALTNAME_INVALID" },
  ],
  [
    "fetch, for another's name",
    "https://other.test/",
    byFetch(inside),
    { cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } },
  ],
  [
    "fetch, for another's address",
    "https://127.0.0.2/",
    byFetch(inside),
    { cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } },
  ],
];

test.each(shut)("no request enters by %s: %s", async (_, url, door, failure) => {
  const { session, sent, far } = serving("https");
  const outcome = (async () => door(session, url))();
  await expect(outcome).rejects.toMatchObject(failure);
  await nothingOpen([session, far]);
  expect(sent().includes(SECRET)).toBe(false);
  expect(sent().includes("HTTP/")).toBe(false);
});
