import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import * as net from "node:net";
import type { Session, Stream } from "@muxado/core";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import {
  ask,
  closeOf,
  deferred,
  dial,
  echo,
  ending,
  HOST,
  ignore,
  serve,
  socketTo,
} from "../../test/peers.ts";
import { leaveNothingOpen } from "../../test/resources.ts";
import { answerTo, serveHttp, upgradeTo } from "../../test/upgrades.ts";
import { uncaughtIn } from "@muxado/testkit";
import { connect } from "@muxado/ws";
import {
  createServer,
  type Server,
  type ServerOptions,
  type SessionHandler,
} from "@muxado/ws/server";

leaveNothingOpen();

/** A server, a client's session with it, and the server's side of that session. */
async function connected(options: ServerOptions = {}): Promise<{
  server: Server;
  url: string;
  client: Session;
  serverSide: Session;
}> {
  const accepted = deferred<Session>();
  const { server, url } = await serve(options, (session) => accepted.resolve(session));
  const client = ending(await connect(url, { WebSocket }));
  return { server, url, client, serverSide: await accepted.promise };
}

/** Returns a stream from the client that both sides know. */
async function openStream(client: Session, serverSide: Session): Promise<[Stream, Stream]> {
  const stream = client.open();
  return [stream, await serverSide.accept()];
}

describe("listening", () => {
  test("shows its address, and its sessions as they come and go", async () => {
    const { server, client, serverSide } = await connected();
    expect(server.address).toEqual({ address: HOST, family: "IPv4", port: server.port });
    expect([...server.sessions]).toEqual([serverSide]);
    expect(serverSide.role).toBe("server");
    await client.close();
    await serverSide.closed;
    expect(server.sessions.size).toBe(0);
  });

  test("on a port that is taken is rejected, and another may be tried", async () => {
    const { server: other } = await serve({}, echo);
    const onConnectionError = vi.fn();
    const server = createServer({ onConnectionError }, echo);
    onTestFinished(() => server.close({ timeout: 0 }));
    await expect(server.listen({ host: HOST, port: other.port })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
    expect([server.address, server.port]).toEqual([null, undefined]);
    expect(onConnectionError).not.toHaveBeenCalled();
    await server.listen({ host: HOST, port: 0 });
    const session = ending(await connect(`ws://${HOST}:${server.port}`, { WebSocket }));
    expect(await ask(session, "hello")).toBe("hello");
  });

  test("survives an error of its listener", async () => {
    const listen = vi.spyOn(net.Server.prototype, "listen");
    onTestFinished(() => listen.mockRestore());
    const onConnectionError = vi.fn();
    const { url } = await serve({ onConnectionError }, echo);
    const error = new Error("accept EMFILE");
    (listen.mock.contexts[0] as net.Server).emit("error", error);
    expect(onConnectionError.mock.calls).toEqual([[error]]);
    expect(await ask(ending(await connect(url, { WebSocket })), "hello")).toBe("hello");
  });

  test("needs no options", async () => {
    const server = createServer(echo);
    onTestFinished(() => server.close({ timeout: 0 }));
    await server.listen({ host: HOST, port: 0 });
    const session = ending(await connect(`ws://${HOST}:${server.port}`, { WebSocket }));
    expect(await ask(session, "hello")).toBe("hello");
  });

  test.each<[string, ErrorConstructor, ServerOptions]>([
    ["windowSize", RangeError, { windowSize: -1 }],
    ["maxConnections", RangeError, { maxConnections: 0 }],
    ["maxPayload", RangeError, { maxPayload: 0 }],
  ])("with %s out of range is refused before there is a server", (name, kind, options) => {
    expect(() => createServer(options, echo)).toThrow(kind);
    expect(() => createServer(options, echo)).toThrow(name);
  });

  test.each([
    ["undefined", () => createServer({} as SessionHandler)],
    ["object", () => createServer({}, {} as SessionHandler)],
  ])("without a handler is refused at once, got %s", (got, attempt) => {
    expect(attempt).toThrow(new TypeError(`onSession must be a function, got ${got}`));
  });

  test.each(["localhost", HOST])("on %s is rejected if it is closed first", async (host) => {
    const server = createServer(echo);
    const listening = server.listen({ host, port: 0 });
    const rejected = expect(listening).rejects.toThrow("the server was closed before it listened");
    await server.close();
    await rejected;
    expect(server.address).toBeNull();
  });

  test.each([
    ["its own", () => undefined],
    ["one that was given", () => createHttpServer()],
  ])("again after it was closed is rejected, on %s", async (_, http) => {
    const given = http();
    const server = createServer({ server: given }, echo);
    await server.close();
    await expect(server.listen({ host: HOST, port: 0 })).rejects.toThrow(
      "the server was closed before it listened",
    );
    expect(server.address).toBeNull();
  });

  test("leaves no listener on an HTTP server that was given, but that to upgrades", async () => {
    const given = createHttpServer();
    const names = given.eventNames();
    const server = createServer({ server: given }, echo);
    await server.listen({ host: HOST, port: 0 });
    expect(given.eventNames()).toEqual([...names, "upgrade"]);
    await server.close();
    given.close();
  });

  test("passes its options to every session", async () => {
    const { client } = await connected({ maxInboundStreams: 0 });
    await expect(client.open().read()).rejects.toMatchObject({ code: "STREAM_REFUSED" });
  });
});

describe("an upgrade", () => {
  test.each([
    ["/mux", 101],
    ["/mux?token=1", 101],
    ["/", 404],
    ["/mux/", 404],
    ["/muxado", 404],
  ])("of %s gets %i", async (path, status) => {
    const { server } = await serve({ path: "/mux" }, echo);
    expect((await answerTo(server.port!, {}, { path })).status).toBe(status);
  });

  test.each<[string, number, Record<string, string | undefined>, object?]>([
    ["with no subprotocol", 400, { "Sec-WebSocket-Protocol": undefined }],
    ["with another subprotocol", 400, { "Sec-WebSocket-Protocol": "chat, muxado2" }],
    ["with no key", 400, { "Sec-WebSocket-Key": undefined }],
    ["with subprotocols that are none", 400, { "Sec-WebSocket-Protocol": "muxado, muxado" }],
    ["of another version", 426, { "Sec-WebSocket-Version": "7" }],
    ["of a draft, whose origin is in another header", 426, { "Sec-WebSocket-Version": "8" }],
    ["to something else", 426, { Upgrade: "h2c" }],
    ["with POST", 405, {}, { method: "POST" }],
  ])("%s gets %i", async (_, status, headers, options) => {
    const { server } = await serve({}, echo);
    const answer = await answerTo(server.port!, headers, options);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toBe("");
    expect(answer.headers.connection).toBe(status === 426 ? "close, Upgrade" : "close");
    expect(answer.headers.upgrade).toBe(status === 426 ? "websocket" : undefined);
    if (status === 405) expect(answer.headers.allow).toBe("GET");
  });

  test("among several subprotocols gets the server's", async () => {
    const { server } = await serve({ protocol: "own" }, echo);
    const headers = { "Sec-WebSocket-Protocol": "muxado, own" };
    const answer = await answerTo(server.port!, headers);
    expect([answer.status, answer.headers["sec-websocket-protocol"]]).toEqual([101, "own"]);
  });

  test("beyond maxConnections gets 503, and a place that is free again is given", async () => {
    const { url, server, client } = await connected({ maxConnections: 1 });
    expect((await answerTo(server.port!, {})).status).toBe(503);
    await client.close();
    await vi.waitFor(() => expect(server.sessions.size).toBe(0));
    ending(await connect(url, { WebSocket }));
  });

  test.each([
    [false, undefined],
    [true, "permessage-deflate"],
  ])("is compressed only if that is asked for: %s", async (perMessageDeflate, extension) => {
    const { server } = await serve({ perMessageDeflate }, echo);
    const headers = { "Sec-WebSocket-Extensions": "permessage-deflate" };
    const answer = await answerTo(server.port!, headers);
    expect(answer.headers["sec-websocket-extensions"]).toBe(extension);
  });

  test("reaches the handler in full", async () => {
    const asked = deferred<IncomingMessage>();
    const { url } = await serve({}, (_session, upgrade) => asked.resolve(upgrade));
    const socket = socketTo(`${url}mux?token=1`, { headers: { Cookie: "who=me" } });
    await once(socket, "open");
    const { headers, socket: connection, url: path } = await asked.promise;
    expect([headers.cookie, connection.remoteAddress, path]).toEqual([
      "who=me",
      HOST,
      "/mux?token=1",
    ]);
  });

  test("whose client has gone changes nothing", async () => {
    const { server, url } = await serve({ path: "/mux" }, echo);
    for (let count = 0; count < 10; count++) {
      const socket = await upgradeTo(server.port!, { path: count % 2 ? "/mux" : "/" });
      socket.resetAndDestroy();
    }
    const session = ending(await connect(`${url}mux`, { WebSocket }));
    expect(await ask(session, "hello")).toBe("hello");
    await vi.waitFor(() => expect(server.sessions.size).toBe(1));
  });
});

test("anything else than an upgrade gets 426", async () => {
  const { server } = await serve({}, echo);
  const answer = await fetch(`http://${HOST}:${server.port}/`);
  expect(answer.status).toBe(426);
  expect(answer.headers.get("upgrade")).toBe("websocket");
  expect(answer.headers.get("connection")).toBe("close, Upgrade");
  expect(await answer.text()).toBe("only WebSockets are served here");
});

describe("an HTTP server that was given", () => {
  test("serves sessions beside pages, and goes on when the sessions are closed", async () => {
    const { http: given, port } = await serveHttp();
    const server = createServer({ server: given, path: "/mux" }, echo);
    const session = ending(await connect(`ws://${HOST}:${port}/mux`, { WebSocket }));
    expect(await ask(session, "hello")).toBe("hello");
    expect(server.port).toBe(port);
    const page = async (): Promise<string> => (await fetch(`http://${HOST}:${port}/`)).text();
    expect(await page()).toBe("a page");
    await server.close();
    expect((await session.closed).localError).toBeUndefined();
    expect(given.listenerCount("upgrade")).toBe(0);
    expect(await page()).toBe("a page");
  });

  test("may hand upgrades out by itself", async () => {
    const { http: given, port } = await serveHttp();
    const names = ["a", "b"];
    const servers = names.map((name) =>
      createServer(async (session) => {
        for await (const stream of session) {
          await stream.write(Buffer.from(name));
          await stream.close();
        }
      }),
    );
    given.on("upgrade", (asked, socket, head) => {
      servers[names.indexOf(asked.url!.slice(1))]!.handleUpgrade(asked, socket, head);
    });
    for (const name of names) {
      const session = ending(await connect(`ws://${HOST}:${port}/${name}`, { WebSocket }));
      expect(await ask(session, "")).toBe(name);
    }
    await Promise.all(servers.map((server) => server.close({ timeout: 0 })));
  });

  test("can be made to listen", async () => {
    const given = createHttpServer();
    const server = createServer({ server: given }, echo);
    await server.listen({ host: HOST, port: 0 });
    const session = ending(await connect(`ws://${HOST}:${server.port}`, { WebSocket }));
    expect(await ask(session, "hello")).toBe("hello");
    await server.close();
    expect(given.listening).toBe(true);
    given.close();
  });
});

describe("two servers on one HTTP server", () => {
  test("are one too many", () => {
    const given = createHttpServer();
    createServer({ server: given, path: "/a" }, echo);
    expect(() => createServer({ server: given, path: "/b" }, echo)).toThrow("handleUpgrade");
    expect(given.listenerCount("upgrade")).toBe(1);
  });

  test("may come one after the other", async () => {
    const given = createHttpServer();
    const first = createServer({ server: given }, echo);
    await first.close();
    createServer({ server: given }, echo);
    await first.close();
    expect(() => createServer({ server: given }, echo)).toThrow("handleUpgrade");
  });

  test("do no harm if both are handed an upgrade", async () => {
    const { http: given, port } = await serveHttp();
    const onConnectionError = vi.fn();
    const servers = [{}, { onConnectionError }].map((options) => createServer(options, echo));
    given.on("upgrade", (...upgrade) => {
      for (const server of servers) server.handleUpgrade(...upgrade);
    });
    const session = ending(await connect(`ws://${HOST}:${port}/`, { WebSocket }));
    expect(await ask(session, "hello")).toBe("hello");
    expect(onConnectionError.mock.calls[0]![0].message).toMatch("more than once");
    expect(servers.map(({ sessions }) => sessions.size)).toEqual([1, 0]);
    await Promise.all(servers.map((server) => server.close({ timeout: 0 })));
  });
});

describe("an upgrade that is handed over", () => {
  test("is refused as the program wishes", async () => {
    const onConnectionError = vi.fn();
    const server = createServer({ onConnectionError }, echo);
    const { http: given, port } = await serveHttp();
    given.on("upgrade", (asked, socket) => {
      if (asked.url === "/text") server.refuse(asked, socket, 401, "sign in first");
      else server.refuse(asked, socket, Number(asked.url!.slice(1)));
    });
    for (const [path, status, body] of [
      ["/text", 401, "sign in first"],
      ["/403", 403, "Forbidden"],
      ["/499", 499, "refused"],
    ] as const) {
      const answer = await answerTo(port, {}, { path });
      expect([answer.status, answer.body]).toEqual([status, body]);
      const [error, asked] = onConnectionError.mock.lastCall as [Error, IncomingMessage];
      expect(error.message).toBe(`refused with ${status}: ${body}`);
      expect(asked.url).toBe(path);
    }
  });

  test.each([200, 101, 600, Number.NaN])("is not refused with %d", (status) => {
    const attempt = (): void => createServer(echo).refuse({} as never, {} as never, status);
    expect(attempt).toThrow(RangeError);
    expect(attempt).toThrow("status");
  });

  // Without a listener for the errors of its socket, each refusal would end the process.
  test("and refused may be reset by its client, or left half open", async () => {
    const server = createServer(echo);
    const { http: given, port } = await serveHttp();
    const gone: Promise<unknown>[] = [];
    given.on("upgrade", (asked, socket) => {
      gone.push(new Promise((resolve) => socket.once("close", resolve)));
      server.refuse(asked, socket, 401);
    });
    const resetting = await upgradeTo(port);
    await once(resetting, "data");
    resetting.resetAndDestroy();
    const open = await upgradeTo(port, { allowHalfOpen: true });
    await once(open.resume(), "end");
    await Promise.all(gone);
    expect(gone.length).toBe(2);
    open.destroy();
  });

  test.each(["/mux", "/"])("later, when the client of %s has gone, is reported", async (path) => {
    const onConnectionError = vi.fn();
    const server = createServer({ path: "/mux", onConnectionError }, echo);
    const { http: given, port } = await serveHttp();
    const upgrade = once(given, "upgrade");
    const client = await upgradeTo(port, { path });
    const [asked, socket, head] = await upgrade;
    const closed = once(socket.on("error", ignore), "close");
    client.resetAndDestroy();
    socket.destroy();
    await closed;
    server.handleUpgrade(asked, socket, head);
    expect(onConnectionError.mock.calls).toEqual([[new Error("the client has gone"), asked]]);
    server.refuse(asked, socket, 401);
    expect(onConnectionError.mock.lastCall![0].message).toBe("refused with 401: Unauthorized");
    expect(server.sessions.size).toBe(0);
  });

  test("is answered, and the server goes on, if onConnectionError throws", async () => {
    const reason = new Error("telling is broken");
    const onConnectionError = (): never => {
      throw reason;
    };
    const { server, url } = await serve({ path: "/mux", onConnectionError }, echo);
    const thrown = await uncaughtIn(async () => {
      expect((await answerTo(server.port!, {})).status).toBe(404);
    });
    expect(thrown).toEqual([reason]);
    const session = ending(await connect(`${url}mux`, { WebSocket }));
    expect(await ask(session, "hello")).toBe("hello");
    await session.close();
    await server.close();
  });
});

describe("a session's handler", () => {
  test.each<[string, (reason: Error) => void | Promise<void>]>([
    ["rejects", (reason) => Promise.reject(reason)],
    [
      "throws",
      (reason) => {
        throw reason;
      },
    ],
  ])("that %s destroys the session and no other", async (_, fail) => {
    const reason = new Error("handler is broken");
    const sessions: Session[] = [];
    const { url } = await serve({}, (session) => {
      sessions.push(session);
      return sessions.length === 1 ? fail(reason) : echo(session);
    });
    const first = ending(await connect(url, { WebSocket }));
    expect(await first.closed).toMatchObject({
      localError: undefined,
      remoteError: { code: "INTERNAL_ERROR", origin: "remote" },
    });
    const { localError } = await sessions[0]!.closed;
    expect(localError).toMatchObject({ code: "SESSION_CLOSED", origin: "local", cause: reason });
    const second = ending(await connect(url, { WebSocket }));
    expect(await ask(second, "hello")).toBe("hello");
  });

  test("is not called if a hook of the application's fails", async () => {
    const reason = new Error("hook is broken");
    const onConnectionError = vi.fn();
    const onSession = vi.fn();
    const record = (): never => {
      throw reason;
    };
    const { server, url } = await serve({ onConnectionError, record }, onSession);
    const socket = await dial(url);
    expect((await closeOf(socket))[0]).toBe(1006);
    expect(onConnectionError.mock.calls[0]![0]).toBe(reason);
    expect([onSession.mock.calls.length, server.sessions.size]).toEqual([0, 0]);
  });
});

describe("closing", () => {
  test.each<[string, (session: Session) => void]>([
    ["drains, for as long as it takes", (session) => void session.close({ timeout: Infinity })],
    ["has been destroyed", (session) => session.destroy()],
    ["has been destroyed with an error", (session) => session.destroy(new Error("enough"))],
  ])("by its own deadline, also a session that %s, and whose peer does nothing", async (_, end) => {
    for (const isBusy of [false, true]) {
      const accepted = deferred<Session>();
      const { server, url } = await serve({ lingerTimeout: 600_000 }, accepted.resolve);
      const peer = await dial(url);
      // The peer reads nothing, not even an end.
      peer.pause();
      const session = await accepted.promise;
      if (isBusy) session.open().write(new Uint8Array(20_000_000)).catch(ignore);
      await new Promise((next) => setImmediate(next));
      end(session);
      await new Promise((next) => setImmediate(next));
      await server.close({ timeout: 0 });
      await session.closed;
      expect(server.sessions.size).toBe(0);
      peer.terminate();
    }
  });

  test("lets streams finish, takes no connections meanwhile, and resolves when all are gone", async () => {
    const { server, url, client, serverSide } = await connected();
    const [stream, serverStream] = await openStream(client, serverSide);
    const onClosed = vi.fn();
    const closed = server.close().then(onClosed);
    await expect(connect(url, { WebSocket })).rejects.toMatchObject({
      cause: { code: "ECONNREFUSED" },
    });
    await stream.write(Buffer.from("last words"));
    await stream.closeWrite();
    expect(Buffer.from((await serverStream.read())!).toString()).toBe("last words");
    expect(onClosed).not.toHaveBeenCalled();
    await serverStream.closeWrite();
    await closed;
    expect(server.sessions.size).toBe(0);
    expect(server.address).toBeNull();
    expect((await serverSide.closed).localError).toBeUndefined();
    expect((await client.closed).localError).toBeUndefined();
  });

  test("answers 503 meanwhile, where somebody else listens", async () => {
    const given = createHttpServer();
    const { server, client, serverSide } = await connected({ server: given });
    const [stream] = await openStream(client, serverSide);
    const { port } = server;
    const closed = server.close();
    expect((await answerTo(port!, {})).status).toBe(503);
    stream.reset();
    await closed;
    given.close();
    given.closeAllConnections();
  });

  test("closes connections that are no session", async () => {
    const { server } = await serve({}, echo);
    const socket = net.connect(server.port!, HOST).on("error", ignore).resume();
    socket.write("GET / HTTP/1.1\r\n");
    await vi.waitFor(() => expect(socket.bytesWritten).toBeGreaterThan(0));
    await new Promise((next) => setTimeout(next, 20));
    const gone = once(socket, "close");
    await server.close();
    await gone;
  });

  test("close resets the streams that are open at the deadline", async () => {
    const { server, client, serverSide } = await connected();
    const [stream] = await openStream(client, serverSide);
    await server.close({ timeout: 0 });
    expect((await serverSide.closed).localError).toMatchObject({ code: "DRAIN_TIMEOUT" });
    await expect(stream.read()).rejects.toMatchObject({ code: "STREAM_CANCELLED" });
  });

  test("refuses an invalid deadline, and continues to listen", async () => {
    const { server, url } = await connected();
    await expect(server.close({ timeout: -1 })).rejects.toThrow(RangeError);
    ending(await connect(url, { WebSocket }));
  });

  test("is harmless on a server that never listened", async () => {
    await createServer(echo).close();
  });

  test("comes with the end of an `await using` block", async () => {
    const { server, client } = await connected();
    await server[Symbol.asyncDispose]();
    expect(server.address).toBeNull();
    expect((await client.closed).localError).toBeUndefined();
  });
});
