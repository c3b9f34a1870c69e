import type { IncomingMessage } from "node:http";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createServer, type Origins, type ServerOptions } from "@muxado/ws/server";
import { echo, HOST, ignore, serve } from "../../test/peers.ts";
import { leaveNothingOpen } from "../../test/resources.ts";
import { answerTo, serveHttp } from "../../test/upgrades.ts";

leaveNothingOpen();

describe("an upgrade", () => {
  test.each<[string, string | undefined]>([
    ["of a page of the same host", "http://HOST"],
    ["of such a page behind a proxy that speaks TLS", "https://HOST"],
    ["of a program that is no browser", undefined],
  ])("%s is taken", async (_, origin) => {
    const { server } = await serve({}, echo);
    const host = `${HOST}:${server.port}`;
    const { status } = await answerTo(server.port!, { Origin: origin?.replace("HOST", host) });
    expect(status).toBe(101);
  });

  test("of a page of the same host is taken with the port that its scheme implies", async () => {
    const { server } = await serve({}, echo);
    for (const [Host, Origin] of [
      ["example.net:443", "https://example.net"],
      ["example.net", "https://example.net"],
      ["EXAMPLE.net", "http://example.net"],
      ["[::1]:80", "http://[::1]"],
    ]) {
      expect((await answerTo(server.port!, { Host, Origin })).status).toBe(101);
    }
  });

  test.each([
    ["another host", "http://evil.test"],
    ["another port", `http://${HOST}:1`],
    ["a host that begins like this one", `http://${HOST}.evil.test`],
    ["a page that hides where it is from", "null"],
    ["an extension", "chrome-extension://abcdefgh"],
    ["nonsense", "http://"],
    ["nothing", ""],
  ])("of %s gets 403", async (_, Origin) => {
    const onConnectionError = vi.fn();
    const { server } = await serve({ onConnectionError }, echo);
    const { status, body } = await answerTo(server.port!, { Origin });
    expect([status, body]).toEqual([403, "pages of this origin may not connect"]);
    const [[error, asked]] = onConnectionError.mock.calls as [[Error, IncomingMessage]];
    expect(error.message).toBe("refused with 403: pages of this origin may not connect");
    expect(asked.headers.origin).toBe(Origin);
  });

  test.each([
    ["another scheme", "foo://x.test", "x.test"],
    ["a file", "file://x.test", "x.test"],
    ["a user", "http://user@x.test", "x.test"],
    ["a path", "http://x.test/", "x.test"],
    ["a Host with a user", "http://x.test", "user@x.test"],
    ["a Host with a path", "http://evil.test", "evil.test/x.test"],
    ["a Host with a query", "http://evil.test", "evil.test?x.test"],
    ["a Host with a backslash", "http://evil.test", "evil.test\\x.test"],
    ["a Host with a tab", "http://evil.test", "evil\t.test"],
    ["an empty Host", "http://x.test", ""],
  ])("of %s is of no page of this host", async (_, Origin, Host) => {
    const { server } = await serve({}, echo);
    expect((await answerTo(server.port!, { Origin, Host })).status).toBe(403);
  });

  test("over TLS is not of the same host if its page came without", async () => {
    const { http, port } = await serveHttp();
    // Every tls.TLSSocket has this property.
    http.on("connection", (socket) => Object.assign(socket, { encrypted: true }));
    const server = createServer({ server: http }, echo);
    onTestFinished(() => server.close({ timeout: 0 }));
    expect((await answerTo(port, { Origin: `https://${HOST}:${port}` })).status).toBe(101);
    expect((await answerTo(port, { Origin: `http://${HOST}:${port}` })).status).toBe(403);
  });

  test.each<[string, Origins, [string, number][]]>([
    [
      "a list",
      ["https://app.test", "chrome-extension://abcdefgh"],
      [
        ["https://app.test", 101],
        ["chrome-extension://abcdefgh", 101],
        ["http://app.test", 403],
        ["http://HOST", 403],
        ["", 403],
      ],
    ],
    [
      "a function",
      (origin, { url }) => url === "/" && origin.endsWith(".test"),
      [
        ["https://app.test", 101],
        ["https://app.example", 403],
      ],
    ],
    ["any", "any", [["null", 101]]],
  ])("is judged by %s, if one is given", async (_, origins, cases) => {
    const { server } = await serve({ origins }, echo);
    for (const [origin, status] of cases) {
      const Origin = origin.replace("HOST", `${HOST}:${server.port}`);
      expect((await answerTo(server.port!, { Origin })).status).toBe(status);
      // A client without an Origin header is no page.
      expect((await answerTo(server.port!, {})).status).toBe(101);
    }
  });

  const reason = new Error("judging is broken");
  test.each<[string, () => unknown, unknown]>([
    [
      "throws",
      () => {
        throw reason;
      },
      reason,
    ],
    ["says a promise", async () => true, notABoolean("Promise { true }")],
    // The test runner reports a rejection that nobody handles.
    ["rejects", async () => Promise.reject(reason), expect.any(TypeError)],
    ["says nothing", ignore, notABoolean("undefined")],
    ["says something", () => 1, notABoolean("1")],
  ])("is not taken if the function %s", async (_, origins, cause) => {
    const onConnectionError = vi.fn();
    const options = { origins, onConnectionError } as ServerOptions;
    const { server } = await serve(options, echo);
    const answer = await answerTo(server.port!, { Origin: "null" });
    expect([answer.status, answer.body]).toEqual([500, "the server could not check the origin"]);
    expect(onConnectionError.mock.calls[0]![0].cause).toEqual(cause);
    await server.close();
  });
});

function notABoolean(got: string): TypeError {
  return new TypeError(`origins must return true or false, got ${got}`);
}

test.each([
  ["https://Example.net/", 'in the form that browsers send, "https://example.net"'],
  ["https://example.net:443", 'in the form that browsers send, "https://example.net"'],
  ["https://example.net/page", 'in the form that browsers send, "https://example.net"'],
  ["example.net", 'such as "https://example.net"'],
  ["*", 'such as "https://example.net"'],
  ["null", 'such as "https://example.net"'],
  ["file://", 'such as "https://example.net"'],
])("%s in a list is refused, and the error names the right form", (entry, hint) => {
  const origins = ["https://app.test", entry];
  expect(() => createServer({ origins }, echo)).toThrow(
    new TypeError(`origins must list origins ${hint}, got '${entry}'`),
  );
});
