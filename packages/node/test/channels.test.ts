// The messages that tracers get on Node's diagnostics channels.

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SessionCloseMessage, StreamMessage } from "@muxado/node";
import { connect, createServer, type Server } from "@muxado/node";

const NAMES = ["session:open", "session:close", "stream:open", "stream:close"] as const;

describe("diagnostics channels", () => {
  let server: Server;
  let heard: [name: string, message: unknown][];
  const listeners = NAMES.map((name) => {
    const listen = (message: unknown): void => void heard.push([name, message]);
    return [`muxado:${name}`, listen] as const;
  });

  beforeEach(async () => {
    heard = [];
    for (const [name, listen] of listeners) subscribe(name, listen);
    server = createServer(async (session) => {
      for await (const stream of session) void stream.close();
    });
    await server.listen({ host: "127.0.0.1", port: 0 });
  });

  afterEach(async () => {
    for (const [name, listen] of listeners) unsubscribe(name, listen);
    await server.close();
  });

  it("tell of the beginning and the end of sessions and streams, on both sides", async () => {
    const session = await connect({ host: "127.0.0.1", port: server.port! });
    const stream = session.open();
    await stream.closeWrite();
    expect(await stream.read()).toBeNull();
    await session.close();
    await server.close();
    const names = heard.map(([name]) => name);
    for (const name of NAMES) expect(names.filter((each) => each === name)).toHaveLength(2);
    const streams = heard.flatMap(([name, message]) =>
      name === "stream:open" ? [(message as StreamMessage).stream] : [],
    );
    expect(streams).toContain(stream);
    expect(names.lastIndexOf("stream:open")).toBeLessThan(names.indexOf("session:close"));
  });

  it("tell why a stream failed, and how a session ended", async () => {
    const session = await connect({ host: "127.0.0.1", port: server.port! });
    const stream = session.open();
    stream.reset("STREAM_CANCELLED");
    const closed = heard.find(([name]) => name === "stream:close")![1] as StreamMessage;
    expect(closed.stream.error).toMatchObject({ code: "STREAM_CANCELLED" });
    session.destroy(new Error("enough"));
    await session.closed;
    const ended = heard.flatMap(([name, message]) =>
      name === "session:close" ? [message as SessionCloseMessage] : [],
    );
    const own = ended.find((message) => message.session === session)!;
    expect(own.end.localError).toMatchObject({ code: "SESSION_CLOSED" });
  });
});
