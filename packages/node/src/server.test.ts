import { once } from "node:events";
import * as net from "node:net";
import type { Session, Stream } from "@muxado/core";
import { createServer, type Server, type ServerOptions, type SessionHandler } from "@muxado/node";
import { uncaughtIn } from "@muxado/testkit";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  ask,
  deferred,
  dialSocket,
  echo,
  ending,
  HOST as host,
  ignore,
  serve,
} from "../test/peers.ts";
import { leaveNothingOpen, socketPath } from "../test/resources.ts";
import { connect } from "./connect.ts";

leaveNothingOpen();

/** A server, a client's session with it, and the server's side of that session. */
async function connected(options: ServerOptions = {}): Promise<{
  server: Server;
  port: number;
  client: Session;
  serverSide: Session;
}> {
  const accepted = deferred<Session>();
  const { server, port } = await serve(options, (session) => accepted.resolve(session));
  const client = ending(await connect({ host, port }));
  return { server, port, client, serverSide: await accepted.promise };
}

/** Returns a stream from the client that both sides know. */
async function openStream(client: Session, serverSide: Session): Promise<[Stream, Stream]> {
  const stream = client.open();
  return [stream, await serverSide.accept()];
}

describe("listening", () => {
  test("shows its address, and its sessions as they come and go", async () => {
    const { server, port, client, serverSide } = await connected();
    expect(server.address).toEqual({ address: host, family: "IPv4", port });
    expect(server.port).toBe(port);
    expect([...server.sessions]).toEqual([serverSide]);
    expect(serverSide.role).toBe("server");
    await client.close();
    await serverSide.closed;
    expect(server.sessions.size).toBe(0);
  });

  test("on a port that is taken is rejected, and another may be tried", async () => {
    const { port } = await serve({}, echo);
    const onConnectionError = vi.fn();
    const server = createServer({ onConnectionError }, echo);
    onTestFinished(() => server.close({ timeout: 0 }));
    await expect(server.listen({ host, port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect([server.address, server.port]).toEqual([null, undefined]);
    expect(onConnectionError).not.toHaveBeenCalled();
    await server.listen({ host, port: 0 });
    const session = ending(await connect({ host, port: server.port }));
    expect(await ask(session, "hello")).toBe("hello");
  });

  test("on a path that cannot be is rejected", async () => {
    const server = createServer({}, echo);
    const path = `${socketPath()}/nothing/here`;
    await expect(server.listen({ path })).rejects.toMatchObject({
      code: expect.stringMatching(/^E/) as string,
    });
  });

  test.each(["told", "not told"])("survives an error of its listener, %s", async (how) => {
    const listen = vi.spyOn(net.Server.prototype, "listen");
    onTestFinished(() => listen.mockRestore());
    const onConnectionError = vi.fn();
    const { port } = await serve(how === "told" ? { onConnectionError } : {}, echo);
    const error = Object.assign(new Error("accept EMFILE"), { code: "EMFILE" });
    (listen.mock.contexts[0] as net.Server).emit("error", error);
    expect(onConnectionError.mock.calls).toEqual(how === "told" ? [[error]] : []);
    expect(await ask(ending(await connect({ host, port })), "hello")).toBe("hello");
  });

  test("survives a callback that throws when it is told of such an error", async () => {
    const listen = vi.spyOn(net.Server.prototype, "listen");
    onTestFinished(() => listen.mockRestore());
    const reason = new Error("telling is broken");
    const onConnectionError = (): never => {
      throw reason;
    };
    const { port } = await serve({ onConnectionError }, echo);
    const listener = listen.mock.contexts[0] as net.Server;
    const thrown = await uncaughtIn(() => listener.emit("error", new Error("accept EMFILE")));
    expect(thrown).toEqual([reason]);
    expect(await ask(ending(await connect({ host, port })), "hello")).toBe("hello");
  });

  test.each(["windowSize", "acceptBacklog", "maxWaitingResets", "goAwayTimeout", "busyPoll"])(
    "with %s out of range is refused before there is a server",
    (name) => {
      expect(() => createServer({ [name]: -1 }, echo)).toThrow(RangeError);
      expect(() => createServer({ [name]: -1 }, echo)).toThrow(name);
    },
  );

  test.each([
    ["undefined", () => createServer({} as SessionHandler)],
    ["undefined", () => createServer(undefined as never)],
    ["object", () => createServer({}, {} as SessionHandler)],
  ])("without a handler is refused at once, got %s", (got, attempt) => {
    expect(attempt).toThrow(new TypeError(`onSession must be a function, got ${got}`));
  });

  test("needs no options", async () => {
    const server = createServer(echo);
    onTestFinished(() => server.close({ timeout: 0 }));
    await server.listen({ host, port: 0 });
    expect(await ask(ending(await connect({ host, port: server.port })), "hello")).toBe("hello");
  });

  test("passes its options to every session", async () => {
    const { client } = await connected({ maxInboundStreams: 0 });
    await expect(client.open().read()).rejects.toMatchObject({ code: "STREAM_REFUSED" });
  });
});

describe("a session's handler", () => {
  test("that gives the first stream a deadline is rid of connections that never speak", async () => {
    const signal = AbortSignal.abort(new Error("it says nothing"));
    const { server, port } = await serve({ maxConnections: 1 }, async (session) => {
      await session.accept({ signal });
    });
    const silent = await dialSocket(port);
    const [session] = await vi.waitFor(() => {
      expect(server.sessions.size).toBe(1);
      return [...server.sessions];
    });
    await once(silent.resume(), "close");
    expect((await session!.closed).localError).toMatchObject({ cause: signal.reason as Error });
    await vi.waitFor(() => expect(server.sessions.size).toBe(0));
    // The place of the ended session is free.
    const { remoteError } = await ending(await connect({ host, port })).closed;
    expect(remoteError).toMatchObject({ code: "INTERNAL_ERROR" });
  });

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
    const { port } = await serve({}, (session) => {
      sessions.push(session);
      return sessions.length === 1 ? fail(reason) : echo(session);
    });
    const first = ending(await connect({ host, port }));
    expect(await first.closed).toMatchObject({
      localError: undefined,
      remoteError: { code: "INTERNAL_ERROR", origin: "remote" },
    });
    const { localError } = await sessions[0]!.closed;
    expect(localError).toMatchObject({ code: "SESSION_CLOSED", origin: "local", cause: reason });

    const second = ending(await connect({ host, port }));
    expect(await ask(second, "hello")).toBe("hello");
  });

  test("that returns leaves the session open", async () => {
    const { client, serverSide } = await connected();
    const [stream, serverStream] = await openStream(client, serverSide);
    await serverStream.write(Buffer.from("x"));
    expect(await stream.read()).toHaveLength(1);
  });

  test("that rejects after the session is over changes nothing", async () => {
    const { port, server } = await serve({}, async (session) => {
      for (;;) await session.accept();
    });
    const client = await connect({ host, port });
    await client.open().write(Buffer.from("x"));
    const [serverSide] = server.sessions;
    await client.close({ timeout: 0 });
    expect((await serverSide!.closed).localError).toBeUndefined();
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
      const { server, port } = await serve({ lingerTimeout: 600_000 }, accepted.resolve);
      const peer = await dialSocket(port);
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
      peer.destroy();
    }
  });

  test("lets streams finish, takes no connections meanwhile, and resolves when all are gone", async () => {
    const { server, port, client, serverSide } = await connected();
    const [stream, serverStream] = await openStream(client, serverSide);
    const onClosed = vi.fn();
    const closed = server.close().then(onClosed);
    await expect(connect({ host, port })).rejects.toMatchObject({
      cause: { code: "ECONNREFUSED" },
    });

    await stream.write(Buffer.from("last words"));
    await stream.closeWrite();
    expect(Buffer.from((await serverStream.read())!).toString()).toBe("last words");
    await serverStream.write(Buffer.from("heard"));
    expect(Buffer.from((await stream.read())!).toString()).toBe("heard");
    expect(onClosed).not.toHaveBeenCalled();
    await serverStream.closeWrite();
    await closed;

    expect(server.sessions.size).toBe(0);
    expect(server.address).toBeNull();
    expect((await serverSide.closed).localError).toBeUndefined();
    expect((await client.closed).localError).toBeUndefined();
  });

  test("waits until the listener is closed", async () => {
    const listen = vi.spyOn(net.Server.prototype, "listen");
    onTestFinished(() => listen.mockRestore());
    const { server } = await serve({}, echo);
    const onClose = vi.fn();
    (listen.mock.contexts[0] as net.Server).on("close", onClose);
    await server.close();
    expect(onClose).toHaveBeenCalled();
  });

  test("close resets the streams that are open at the deadline", async () => {
    const { server, client, serverSide } = await connected();
    const [stream] = await openStream(client, serverSide);
    await server.close({ timeout: 0 });
    expect((await serverSide.closed).localError).toMatchObject({ code: "DRAIN_TIMEOUT" });
    await expect(stream.read()).rejects.toMatchObject({ code: "STREAM_CANCELLED" });
  });

  test("can be cut short by a signal", async () => {
    const { server, client, serverSide } = await connected();
    await openStream(client, serverSide);
    const abort = new AbortController();
    const closed = server.close({ timeout: Infinity, signal: abort.signal });
    abort.abort();
    await closed;
    expect((await serverSide.closed).localError).toMatchObject({ code: "DRAIN_TIMEOUT" });
  });

  test("may be asked for twice, and the second deadline counts if it is nearer", async () => {
    const { server, client, serverSide } = await connected();
    await openStream(client, serverSide);
    const patient = server.close({ timeout: Infinity });
    await server.close({ timeout: 0 });
    await patient;
  });

  test("refuses an invalid deadline, and continues to listen", async () => {
    const { server, port } = await connected();
    await expect(server.close({ timeout: -1 })).rejects.toThrow(
      new RangeError("timeout must be a whole number from 0 to Infinity, got -1"),
    );
    ending(await connect({ host, port }));
  });

  test("is harmless on a server that never listened", async () => {
    const server = createServer({}, echo);
    await server.close();
    expect(server.address).toBeNull();
  });

  test("comes with the end of an `await using` block", async () => {
    const { server, client } = await connected();
    await server[Symbol.asyncDispose]();
    expect(server.address).toBeNull();
    expect((await client.closed).localError).toBeUndefined();
  });

  test("frees a Unix socket's path", async () => {
    const path = socketPath();
    const first = await serve({}, echo, { path });
    expect(first.server.port).toBeUndefined();
    await first.server.close();
    expect(first.server.address).toBeNull();
    await serve({}, echo, { path });
    expect(await ask(ending(await connect({ path })), "hello")).toBe("hello");
  });
});

test("connections that come and go leave nothing in the server", async () => {
  const { server, port } = await serve({}, echo);
  for (let round = 0; round < 20; round++) {
    const socket = await dialSocket(port);
    if (round % 2 === 0) socket.resetAndDestroy();
    else socket.end().resume();
    await once(socket, "close");
  }
  await vi.waitFor(() => expect(server.sessions.size).toBe(0));
});
