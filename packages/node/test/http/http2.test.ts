// HTTP/2 runs over a stream of a session, with streams of its own.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import * as http2 from "node:http2";
import { buffer, text } from "node:stream/consumers";
import { serveHttp, toDuplex } from "@muxado/node";
import { describe, expect, test } from "vitest";
import { nothingOpen, sessionPair } from "../connections.ts";
import { ignore } from "../peers.ts";
import { leaveNothingOpen } from "../resources.ts";

leaveNothingOpen();

describe("HTTP/2", () => {
  test("HTTP/2 runs over a stream, with streams of its own", async () => {
    const [client, far] = sessionPair();
    const server = http2.createServer((request, response) => {
      response.setHeader("x-method", request.method);
      request.pipe(response);
    });
    void serveHttp(far, server);
    const connection = http2.connect("http://app.test", {
      createConnection: () => toDuplex(client.open()),
    });
    const bodies = Array.from({ length: 10 }, () => randomBytes(200_000));
    const answers = bodies.map(async (body) => {
      const request = connection.request({ ":method": "POST" });
      request.end(body);
      const [headers] = (await once(request, "response")) as [http2.IncomingHttpHeaders];
      expect(headers["x-method"]).toBe("POST");
      return buffer(request);
    });
    const got = await Promise.all(answers);
    expect(got.every((body, index) => body.equals(bodies[index]!))).toBe(true);
    expect(client.stats().streamsOpened).toBe(1);
    connection.close();
    await nothingOpen([client, far]);
  });

  test("HTTP/2 runs in both directions over one session", async () => {
    const sides = sessionPair();
    for (const [index, session] of sides.entries()) {
      void serveHttp(
        session,
        http2.createServer((_request, response) => response.end(`side ${index}`)),
      );
    }
    const answers = sides.map(async (session) => {
      const connection = http2.connect("http://app.test", {
        createConnection: () => toDuplex(session.open()),
      });
      const body = await text(connection.request({ ":path": "/" }));
      connection.close();
      return body;
    });
    expect(await Promise.all(answers)).toEqual(["side 1", "side 0"]);
    await nothingOpen(sides);
  });

  test("HTTP/2 is cut off with its stream", async () => {
    const [client, far] = sessionPair();
    const server = http2.createServer(() => {});
    void serveHttp(far, server);
    const connection = http2.connect("http://app.test", {
      createConnection: () => toDuplex(client.open()),
    });
    connection.on("error", ignore);
    const request = connection.request({ ":path": "/" });
    const failed = once(request, "error").then(
      ([error]) => error as unknown,
      (error: unknown) => error,
    );
    const closed = once(connection, "close").catch(ignore);
    await once(server, "request");
    client.destroy();
    expect(await failed).toBeInstanceOf(Error);
    await closed;
  });
});
