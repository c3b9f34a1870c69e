import { createServer as createHttpServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { MuxadoError } from "@muxado/core";
import { VirtualClock } from "@muxado/testkit";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import {
  ask,
  closeOf,
  deferred,
  echo,
  ending,
  HOST,
  serve,
  serveSockets,
  serveTcp,
} from "../test/peers.ts";
import { leaveNothingOpen } from "../test/resources.ts";
import { StandardWebSocket } from "../test/standard-socket.ts";
import { connect, type ConnectOptions } from "./connect.ts";

leaveNothingOpen();

/** Returns why connecting fails. */
async function refusal(url: string, options: ConnectOptions = {}): Promise<unknown> {
  return connect(url, { WebSocket, ...options }).then(
    (session) => {
      ending(session);
      throw new Error("it connected");
    },
    (error: unknown) => error,
  );
}

/** Records whether anything is dialed. */
const Dialed = vi.fn(WebSocket);

describe("a connection", () => {
  test.each([
    ["of ws", WebSocket],
    ["of the standard", StandardWebSocket],
  ])("%s carries streams from both sides", async (_, kind) => {
    const answer = deferred<string>();
    const { url } = await serve({}, async (session) => {
      void echo(session);
      answer.resolve(await ask(session, "from the server"));
    });
    const session = ending(await connect(url, { WebSocket: kind }));
    void echo(session);
    expect(await ask(session, "from the client")).toBe("from the client");
    expect(await answer.promise).toBe("from the server");
    expect(session.role).toBe("client");
  });

  test("takes a URL object", async () => {
    const { url } = await serve({}, echo);
    const session = ending(await connect(new URL(url), { WebSocket }));
    expect(await ask(session, "hello")).toBe("hello");
  });

  test("uses the platform's WebSocket", async () => {
    vi.stubGlobal("WebSocket", StandardWebSocket);
    onTestFinished(() => void vi.unstubAllGlobals());
    const { url } = await serve({}, echo);
    expect(await ask(ending(await connect(url)), "hello")).toBe("hello");
  });

  test("loses nothing of a peer that speaks first", async () => {
    const { url } = await serve({}, async (session) => {
      await session.open().write(Buffer.from("early"));
    });
    const stream = await ending(await connect(url, { WebSocket })).accept();
    expect(Buffer.from((await stream.read())!).toString()).toBe("early");
  });

  test("leaves no timer and no listener of connecting behind", async () => {
    const { url } = await serve({}, echo);
    const clock = new VirtualClock();
    const abort = new AbortController();
    const remove = vi.spyOn(abort.signal, "removeEventListener");
    const made: StandardWebSocket[] = [];
    class Kept extends StandardWebSocket {
      constructor(...args: ConstructorParameters<typeof StandardWebSocket>) {
        super(...args);
        made.push(this);
      }
    }
    const session = await connect(url, { WebSocket: Kept, clock, signal: abort.signal });
    expect(clock.timers).toHaveLength(0);
    expect(remove).toHaveBeenCalledTimes(1);
    // The listeners of the session.
    expect(made[0]!.listeners).toBe(4);
    await session.close();
    expect(made[0]!.listeners).toBe(0);
    expect(clock.timers).toHaveLength(0);
  });
});

describe("subprotocols", () => {
  test("are muxado by default", async () => {
    const protocols: string[] = [];
    const url = await serveSockets((socket) => protocols.push(socket.protocol));
    ending(await connect(url, { WebSocket }));
    expect(protocols).toEqual(["muxado"]);
  });

  test("are those that are offered, and the server chooses one", async () => {
    const { url } = await serve({ protocol: "b" }, echo);
    const session = ending(await connect(url, { WebSocket, protocols: ["a", "b"] }));
    expect(await ask(session, "hello")).toBe("hello");
  });

  test("are not needed", async () => {
    const url = await serveSockets(() => {});
    ending(await connect(url, { WebSocket, protocols: [] }));
  });

  test("that the server takes no notice of are a refusal, also where the platform does not mind", async () => {
    const closed = deferred<[number, string]>();
    const url = await serveSockets((socket) => void closeOf(socket).then(closed.resolve));
    class Lax extends StandardWebSocket {
      constructor(address: string | URL) {
        super(address, []);
      }
    }
    const error = await refusal(url, { WebSocket: Lax });
    expect(error).toMatchObject({ code: "CONNECT_FAILED" });
    expect((error as Error).message).toContain("the server has chosen none of muxado");
    await closed.promise;
  });

  test("that the server takes no notice of are a refusal of ws's", async () => {
    const url = await serveSockets(() => {}, { handleProtocols: () => false });
    const error = await refusal(url);
    expect(error).toMatchObject({
      code: "CONNECT_FAILED",
      cause: { message: "Server sent no subprotocol" },
    });
  });
});

describe("connecting fails with CONNECT_FAILED and the platform's error", () => {
  async function failure(url: string, options?: ConnectOptions): Promise<MuxadoError> {
    const error = await refusal(url, options);
    expect(error).toBeInstanceOf(MuxadoError);
    expect(error).toMatchObject({ code: "CONNECT_FAILED", scope: "session", retry: "safe" });
    return error as MuxadoError;
  }

  async function closedPort(): Promise<string> {
    const server = createHttpServer().listen(0, HOST);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return `${HOST}:${port}`;
  }

  test("when nobody listens", async () => {
    const host = await closedPort();
    const error = await failure(`ws://${host}/mux?token=secret`);
    expect(error.cause).toMatchObject({ code: "ECONNREFUSED" });
    expect(error.message).toBe(`connect failed: ${host}/mux: connect ECONNREFUSED ${host}`);
  });

  test("when the server is one of HTTP", async () => {
    const url = await serveTcp((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"));
    expect((await failure(url)).message).toContain("Unexpected server response: 200");
  });

  test("when the server refuses", async () => {
    const { url } = await serve({ path: "/elsewhere" }, echo);
    expect((await failure(url)).message).toContain("404");
  });

  test("connect fails when the platform does not reveal the error", async () => {
    class Silent extends StandardWebSocket {
      override addEventListener(
        ...[type, listener]: Parameters<StandardWebSocket["addEventListener"]>
      ): void {
        super.addEventListener(type, type === "error" ? () => listener({ type }) : listener);
      }
    }
    const host = await closedPort();
    const error = await failure(`ws://${host}/`, { WebSocket: Silent });
    expect(error.message).toBe(
      `connect failed: ${host}/: closed with code 1006: the connection was lost`,
    );
  });

  test("when it takes too long", async () => {
    const [reached, gone] = [deferred(), deferred()];
    const url = await serveTcp((socket) => {
      reached.resolve();
      socket.resume().on("close", gone.resolve);
    });
    const clock = new VirtualClock();
    const outcome = failure(url, { connectTimeout: 20, clock });
    await reached.promise;
    expect(clock.timers).toHaveLength(1);
    clock.advance(20);
    expect((await outcome).message).toContain("no connection within 20 ms");
    await gone.promise;
    expect(clock.timers).toHaveLength(0);
  });
});

describe("an AbortSignal", () => {
  test("that has aborted dials nothing", async () => {
    const reason = new Error("changed my mind");
    Dialed.mockClear();
    const options = { WebSocket: Dialed, signal: AbortSignal.abort(reason) };
    expect(await refusal("ws://nowhere.test", options)).toBe(reason);
    expect(Dialed).not.toHaveBeenCalled();
  });

  test.each([
    ["of ws", WebSocket],
    ["of the standard", StandardWebSocket],
  ])("gives up connecting %s, with its reason, and hangs up", async (_, kind) => {
    const abort = new AbortController();
    const gone = deferred();
    const url = await serveTcp((socket) => {
      socket.resume().on("close", gone.resolve);
      abort.abort("enough");
    });
    const options = { WebSocket: kind, signal: abort.signal, connectTimeout: Infinity };
    expect(await refusal(url, options)).toBe("enough");
    await gone.promise;
  });

  test("is of no effect once the connection stands", async () => {
    const { url } = await serve({}, echo);
    const abort = new AbortController();
    const session = ending(await connect(url, { WebSocket, signal: abort.signal }));
    abort.abort();
    expect(await ask(session, "still here")).toBe("still here");
  });
});

describe("bad input", () => {
  test.each<[name: string, options: ConnectOptions]>([
    ["connectTimeout", { connectTimeout: -1 }],
    ["connectTimeout", { connectTimeout: NaN }],
    ["windowSize", { windowSize: 0 }],
  ])("%s out of range is named, before anything is dialed: %o", async (name, options) => {
    Dialed.mockClear();
    const error = await refusal("ws://nowhere.test", { WebSocket: Dialed, ...options });
    expect(error).toBeInstanceOf(RangeError);
    expect((error as RangeError).message).toMatch(new RegExp(`^${name} must be a whole number`));
    expect(Dialed).not.toHaveBeenCalled();
  });

  test("the constructor's error for an invalid URL is passed on", async () => {
    expect(await refusal("nonsense")).toBeInstanceOf(SyntaxError);
  });

  test("the error of a failed hook is passed on, and nothing is left of the connection", async () => {
    const mistake = new Error("in record");
    const connections = new Set<Socket>();
    // The connection need not reach the server.
    const url = await serveTcp((socket) => {
      connections.add(socket.once("close", () => connections.delete(socket)));
    });
    const record = (): never => {
      throw mistake;
    };
    expect(await refusal(url, { record })).toBe(mistake);
    expect(await refusal("ws://127.0.0.1:1/", { record })).toBe(mistake);
    await vi.waitFor(() => expect(connections.size).toBe(0));
  });

  test("without any WebSocket the error names the option", async () => {
    vi.stubGlobal("WebSocket", undefined);
    onTestFinished(() => void vi.unstubAllGlobals());
    await expect(connect("ws://nowhere.test")).rejects.toThrow(TypeError);
    await expect(connect("ws://nowhere.test")).rejects.toThrow("WebSocket must be given");
  });
});
