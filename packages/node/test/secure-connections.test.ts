// TLS inside a stream that cannot be established: the request gets the error, and nothing is left.

import { once } from "node:events";
import * as https from "node:https";
import type { Session } from "@muxado/core";
import { connector, SecureSessionAgent, serveHttp } from "@muxado/node";
import { Agent, fetch } from "undici";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { certificate } from "./certificate.ts";
import { nothingOpen, sessionPair } from "./connections.ts";
import { ignore } from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";

leaveNothingOpen();

const authority = certificate(["app.test"]);
const ca = authority.cert;

type Source = ConstructorParameters<typeof SecureSessionAgent>[0];

/** Both ways to make an https request. They return its failure. */
const doors = {
  SecureSessionAgent: async (source: Source, tls: object = {}): Promise<unknown> => {
    const agent = new SecureSessionAgent(source, { ca, ...tls });
    onTestFinished(() => agent.destroy());
    return new Promise((done) => {
      const fail = (error: unknown): void => done(error);
      try {
        https.get("https://app.test/", { agent }, () => done(undefined)).on("error", fail);
      } catch (error) {
        done(error);
      }
    });
  },
  connector: async (source: Source, tls: object = {}): Promise<unknown> => {
    const dispatcher = new Agent({ connect: connector(source, { tls: { ca, ...tls } }) });
    onTestFinished(() => dispatcher.destroy());
    const failure = (error: unknown): unknown => (error as Error).cause;
    return fetch("https://app.test/", { dispatcher }).then(() => undefined, failure);
  },
};

describe.each(Object.entries(doors))("a request by %s", (_, ask) => {
  test.each([
    ["ends", (stream) => stream.closeWrite(), { code: "ECONNRESET" }],
    ["closes", (stream) => stream.close(), { code: "ECONNRESET" }],
    ["cancels", (stream) => stream.reset(), { code: "ECONNRESET" }],
    ["refuses", (stream) => stream.refuse(), { code: "ECONNREFUSED" }],
    [
      "destroys its session",
      ({ session }) => (session as Session).destroy(),
      { code: "ECONNRESET" },
    ],
    [
      "speaks no TLS",
      (stream) => stream.write(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")),
      { code: expect.stringMatching(/^(EPROTO|ERR_SSL_)/) },
    ],
  ] as [string, (stream: Awaited<ReturnType<Session["accept"]>>) => unknown, object][])(
    "fails when its peer %s instead of a handshake",
    async (_how, reply, failure) => {
      const [client, far] = sessionPair();
      const outcome = ask(client);
      const stream = await far.accept();
      await stream.read();
      await reply(stream);
      expect(await outcome).toMatchObject(failure);
      await nothingOpen([client]);
      stream.reset();
    },
  );

  test.each([
    ["a session", (session: Session) => session],
    ["a promise of one", (session: Session) => Promise.resolve(session)],
    ["a function that promises one", (session: Session) => async () => session],
  ])("is told of options that TLS does not take, over %s", async (_how, sourceOf) => {
    const sessions = sessionPair();
    const failure = await ask(sourceOf(sessions[0]), { key: "none", cert: "none" });
    expect(failure).toBeInstanceOf(Error);
    await nothingOpen(sessions);
  });

  test("is refused when there is no session", async () => {
    const offline = new Error("offline");
    for (const source of [Promise.reject(offline), () => Promise.reject(offline)]) {
      const failure = await ask(source);
      expect(failure).toMatchObject({ code: "ECONNREFUSED" });
      expect((failure as Error).cause).toBe(offline);
    }
  });
});

test("a rejected promise of a session fails the later requests", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  onTestFinished(() => void process.off("unhandledRejection", unhandled));
  const agent = new SecureSessionAgent(Promise.reject(new Error("offline")));
  connector(Promise.reject(new Error("offline")));
  await new Promise(setImmediate);
  expect(unhandled).not.toHaveBeenCalled();
  const request = https.get("https://app.test/", { agent });
  const [error] = (await once(request, "error")) as [Error];
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
});

test("a request that was given up during the handshake leaves nothing", async () => {
  const [client, far] = sessionPair();
  const agent = new SecureSessionAgent(client, { ca });
  const request = https.get("https://app.test/", { agent }).on("error", ignore);
  const stream = await far.accept();
  request.destroy();
  // Only now the server begins its handshake, but its client has gone.
  const streams = [stream];
  const accept = async (): Promise<typeof stream> =>
    streams.pop() ?? Promise.reject(new Error("there was one"));
  await serveHttp({ accept }, https.createServer({ key: authority.key, cert: authority.cert }));
  await nothingOpen([client, far]);
});
