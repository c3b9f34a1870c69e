import { once } from "node:events";
import * as net from "node:net";
import { MuxadoError } from "@muxado/core";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  ask,
  closedPort,
  deferred,
  echo,
  ending,
  HOST as host,
  serve,
  serveSockets,
} from "../test/peers.ts";
import { leaveNothingOpen, socketPath } from "../test/resources.ts";
import { connect, type ConnectOptions } from "./connect.ts";

leaveNothingOpen();

/** Returns why connecting fails. */
async function refusal(options: ConnectOptions): Promise<unknown> {
  return connect(options).then(
    (session) => {
      ending(session);
      throw new Error("it connected");
    },
    (error: unknown) => error,
  );
}

/** A lookup that knows no host. */
const lookup = vi.fn<NonNullable<net.TcpNetConnectOpts["lookup"]>>((name, _, callback) => {
  callback(Object.assign(new Error(`no ${name}`), { code: "ENOTFOUND" }), "");
});

describe("a connection", () => {
  test("over TCP carries streams from both sides", async () => {
    const answer = deferred<string>();
    const { port } = await serve({}, async (session) => {
      void echo(session);
      answer.resolve(await ask(session, "from the server"));
    });
    const session = ending(await connect({ host, port }));
    void echo(session);
    expect(await ask(session, "from the client")).toBe("from the client");
    expect(await answer.promise).toBe("from the server");
    expect(session.role).toBe("client");
  });

  test("goes to localhost by default", async () => {
    const { port } = await serve({}, echo, { host: "localhost", port: 0 });
    expect(await ask(ending(await connect({ port })), "hello")).toBe("hello");
  });

  test("over a Unix socket carries streams", async () => {
    const path = socketPath();
    const { server } = await serve({}, echo, { path });
    expect(server.address).toBe(path);
    expect(await ask(ending(await connect({ path })), "hello")).toBe("hello");
  });

  test("loses nothing of a peer that speaks first", async () => {
    const { port } = await serve({}, async (session) => {
      await session.open().write(Buffer.from("early"));
    });
    const stream = await ending(await connect({ host, port })).accept();
    expect(Buffer.from((await stream.read())!).toString()).toBe("early");
  });

  test.each([2 ** 40, Infinity])(
    "may take as long as connectTimeout says: %d ms",
    async (limit) => {
      const abort = new AbortController();
      const waiting = deferred();
      const port = await serveSockets((socket) => {
        socket.resume();
        waiting.resolve();
      });
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      onTestFinished(() => void vi.useRealTimers());
      const options = { host, port, tls: true, connectTimeout: limit, signal: abort.signal };
      const outcome = refusal(options);
      await waiting.promise;
      vi.advanceTimersByTime(1_000_000);
      expect(vi.getTimerCount()).toBe(limit === Infinity ? 0 : 1);
      abort.abort("enough");
      expect(await outcome).toBe("enough");
    },
  );

  test("leaves no timer of connecting behind", async () => {
    const { port } = await serve({}, echo);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    ending(await connect({ host, port }));
    expect(vi.getTimerCount()).toBe(0);
    ending(await connect({ host, port, connectTimeout: Infinity }));
    expect(vi.getTimerCount()).toBe(0);
    await refusal({ host, port: await closedPort() });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("connecting fails with CONNECT_FAILED and the system's error", () => {
  async function failure(options: ConnectOptions): Promise<MuxadoError> {
    const error = await refusal(options);
    expect(error).toBeInstanceOf(MuxadoError);
    expect(error).toMatchObject({ code: "CONNECT_FAILED", scope: "session", retry: "safe" });
    return error as MuxadoError;
  }

  test("when nobody listens", async () => {
    const port = await closedPort();
    const error = await failure({ host, port });
    expect(error.cause).toMatchObject({ code: "ECONNREFUSED" });
    expect(error.message).toContain(`: ${host}:${port}: connect ECONNREFUSED ${host}:${port}`);
  });

  test("when nobody listens on any address of a host", async () => {
    const addresses = [
      { address: "127.0.0.1", family: 4 },
      { address: "::1", family: 6 },
    ];
    const both = ((_name, _options, callback) => callback(null, addresses)) as NonNullable<
      net.TcpNetConnectOpts["lookup"]
    >;
    const port = await closedPort();
    const error = await failure({ host: "twice.test", port, socket: { lookup: both } });
    expect(error.cause).toMatchObject({ code: "ECONNREFUSED" });
    expect(error.message).toContain(`twice.test:${port}: connect ECONNREFUSED 127.0.0.1:${port}; `);
    expect(error.message).toContain(`::1:${port}`);
  });

  test("when there is no such host", async () => {
    const error = await failure({ host: "nowhere.test", port: 1, socket: { lookup } });
    expect(error.cause).toMatchObject({ code: "ENOTFOUND" });
    expect(error.message).toContain("nowhere.test:1");
  });

  test("when there is no such Unix socket", async () => {
    const path = socketPath();
    const error = await failure({ path });
    expect(error.cause).toMatchObject({ code: "ENOENT" });
    expect(error.message).toContain(path);
  });

  test("when the peer does not speak TLS", async () => {
    const port = await serveSockets((socket) => socket.write("220 mail.test ready\r\n"));
    const error = await failure({ host, port, tls: true });
    expect(error.cause).toMatchObject({ code: "ERR_SSL_WRONG_VERSION_NUMBER" });
  });

  test("when the peer ends during the TLS handshake", async () => {
    const port = await serveSockets((socket) => socket.end());
    expect((await failure({ host, port, tls: true })).cause).toMatchObject({ code: "ECONNRESET" });
  });

  test("when the peer never answers the TLS handshake", async () => {
    const gone = deferred();
    const port = await serveSockets((socket) => socket.resume().on("close", gone.resolve));
    const error = await failure({ host, port, tls: true, connectTimeout: 20 });
    expect(error.message).toContain("no connection within 20 ms");
    await gone.promise;
  });
});

describe("an AbortSignal", () => {
  test("that has aborted dials nothing", async () => {
    const reason = new Error("changed my mind");
    const options = { host: "nowhere.test", port: 1, socket: { lookup } };
    lookup.mockClear();
    expect(await refusal({ ...options, signal: AbortSignal.abort(reason) })).toBe(reason);
    expect(lookup).not.toHaveBeenCalled();
  });

  test("gives up connecting, with its reason, and hangs up", async () => {
    const abort = new AbortController();
    const gone = deferred();
    // A TLS handshake that makes no progress.
    const port = await serveSockets((socket) => {
      socket.resume().on("close", gone.resolve);
      abort.abort("enough");
    });
    expect(await refusal({ host, port, tls: true, signal: abort.signal })).toBe("enough");
    await gone.promise;
  });

  test("is of no effect once the connection stands", async () => {
    const { port } = await serve({}, echo);
    const abort = new AbortController();
    const session = ending(await connect({ host, port, signal: abort.signal }));
    abort.abort();
    expect(await ask(session, "still here")).toBe("still here");
  });
});

describe("an option out of range is named, before anything is dialed", () => {
  test.each<[name: string, options: object]>([
    ["port", { port: -1 }],
    ["port", { port: 0 }],
    ["port", { port: 65_536 }],
    ["port", { port: 1.5 }],
    ["port", { port: NaN }],
    ["port", { port: "80" }],
    ["connectTimeout", { connectTimeout: -1 }],
    ["connectTimeout", { connectTimeout: NaN }],
    ["connectTimeout", { connectTimeout: 0.5 }],
    ["windowSize", { windowSize: 0 }],
    ["acceptBacklog", { acceptBacklog: 0 }],
    ["maxInboundStreams", { maxInboundStreams: -1 }],
    ["closeTimeout", { closeTimeout: NaN }],
    ["lingerTimeout", { lingerTimeout: Infinity }],
    ["busyPoll", { busyPoll: 0.5 }],
  ])("%s in %o", async (name, wrong) => {
    lookup.mockClear();
    const error = await refusal({ host: "nowhere.test", port: 1, socket: { lookup }, ...wrong });
    expect(error).toBeInstanceOf(RangeError);
    expect((error as RangeError).message).toMatch(new RegExp(`^${name} must be a whole number`));
    expect(lookup).not.toHaveBeenCalled();
  });

  test("also when there is none of those that say where to", async () => {
    const error = await refusal({ host: "nowhere.test", socket: { lookup } });
    expect(error).toEqual(new TypeError("port or path must be given"));
  });

  test("also with a Unix socket", async () => {
    const path = socketPath();
    const onConnection = vi.fn();
    const server = net.createServer(onConnection).listen(path);
    onTestFinished(() => void server.close());
    await once(server, "listening");
    expect(await refusal({ path, windowSize: -1 })).toBeInstanceOf(RangeError);
    const probe = net.connect(path).end().resume();
    await once(probe, "close");
    expect(onConnection).toHaveBeenCalledTimes(1);
  });
});
