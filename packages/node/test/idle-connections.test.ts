// A client keeps a connection, and closes it when it has no more use for it: this is a failure on neither side.

import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import type { Duplex } from "node:stream";
import { connector, SecureSessionAgent, serveHttp, SessionAgent } from "@muxado/node";
import { Agent, type Dispatcher, request } from "undici";
import { expect, onTestFinished, test, vi } from "vitest";
import { certificate } from "./certificate.ts";
import { nothingOpen, sessionPair } from "./connections.ts";
import { leaveNothingOpen } from "./resources.ts";

leaveNothingOpen();

const authority = certificate(["app.test"]);
const ca = authority.cert;

/** The ways in which undici closes idle connections. */
const goodbyes: Record<string, [Agent.Options, (agent: Dispatcher) => unknown]> = {
  "that have been idle for long": [{ keepAliveTimeout: 1, keepAliveTimeoutThreshold: 0 }, () => {}],
  "when it closes": [{}, (agent) => agent.close()],
  "when it is destroyed": [{}, (agent) => agent.destroy()],
};

const schemes = ["http", "https"] as const;
const cases = schemes.flatMap((scheme) =>
  Object.keys(goodbyes).map((how) => [scheme, how] as const),
);

/**
 * Starts a server for `scheme` on the far side of a session. Returns the sessions, and all failures reported on that
 * side.
 */
function serving(scheme: "http" | "https"): {
  sessions: ReturnType<typeof sessionPair>;
  failures: unknown[];
} {
  const sessions = sessionPair();
  const failures: unknown[] = [];
  const note = (error: unknown): void => void failures.push(error);
  const answer: http.RequestListener = (_request, response) => response.end("ok");
  const server =
    scheme === "http"
      ? http.createServer(answer)
      : https.createServer({ key: authority.key, cert: authority.cert }, answer);
  server.keepAliveTimeout = 0; // the server keeps connections for ever, and names no time
  server.on("clientError", note).on("tlsClientError", note);
  server.on("secureConnection", (socket: Duplex) => socket.on("error", note));
  const emit = (event: "connection", connection: Duplex): boolean =>
    server.emit(event, connection.on("error", note));
  void serveHttp(sessions[1], { emit });
  return { sessions, failures };
}

test.each(cases)("undici's %s connections %s fail nowhere", async (scheme, how) => {
  const { sessions, failures } = serving(scheme);
  const [options, leave] = goodbyes[how]!;
  const dispatcher = new Agent({ ...options, connect: connector(sessions[0], { tls: { ca } }) });
  onTestFinished(() => dispatcher.destroy());
  dispatcher.on("connectionError", (_origin, _targets, error) => failures.push(error));
  const answers = Array.from({ length: 10 }, async () => {
    const { body } = await request(`${scheme}://app.test/`, { dispatcher });
    return body.text();
  });
  expect(await Promise.all(answers)).toEqual(Array(10).fill("ok"));
  await leave(dispatcher);
  await nothingOpen(sessions);
  expect(failures).toEqual([]);
  for (const session of sessions) {
    const { resetsSent, resetsReceived } = session.stats();
    const codes = Object.keys({ ...resetsSent, ...resetsReceived });
    // TLS destroys the connection beneath it without an end.
    expect(codes.filter((code) => scheme === "http" || code !== "STREAM_CANCELLED")).toEqual([]);
  }
});

test.each(schemes)("an agent's idle %s connections fail nowhere", async (scheme) => {
  const { sessions, failures } = serving(scheme);
  const agent =
    scheme === "http"
      ? new SessionAgent(sessions[0], { keepAlive: true })
      : new SecureSessionAgent(sessions[0], { keepAlive: true, ca });
  const module = scheme === "http" ? http : https;
  const [response] = (await once(module.get({ agent, host: "app.test" }), "response")) as [
    http.IncomingMessage,
  ];
  await once(response.resume(), "end");
  await vi.waitFor(() => expect(Object.keys(agent.freeSockets)).toHaveLength(1));
  agent.destroy();
  await nothingOpen(sessions);
  expect(failures).toEqual([]);
  for (const session of sessions) {
    expect(session.stats().resetsSent).not.toHaveProperty("INTERNAL_ERROR");
  }
});
