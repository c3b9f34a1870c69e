// Connections that a server refuses to a page, and messages that a page refuses.

import { connect } from "@muxado/ws";
import { expect, inject, test } from "vitest";
import { commands } from "vitest/browser";
import { connected, startServer } from "./server.ts";

test("a page of another origin is refused with 403, and connect rejects", async () => {
  const url = await startServer("http://another.example");
  await expect(connect(`${url}/echo`)).rejects.toMatchObject({
    code: "CONNECT_FAILED",
    scope: "session",
    origin: "local",
    retry: "safe",
  });
  const { complaints } = await commands.reportOf(url);
  expect(complaints).toEqual(["refused with 403: pages of this origin may not connect"]);
});

test("by default, a page of another host is refused as well", async () => {
  const url = await startServer(null);
  await expect(connect(`${url}/echo`)).rejects.toMatchObject({ code: "CONNECT_FAILED" });
  const { complaints } = await commands.reportOf(url);
  expect(complaints).toEqual(["refused with 403: pages of this origin may not connect"]);
});

test("connect rejects if nothing listens", async () => {
  const url = await startServer();
  await commands.killServer(url);
  await expect(connect(`${url}/echo`)).rejects.toMatchObject({
    code: "CONNECT_FAILED",
    retry: "safe",
  });
});

test("a subprotocol that the server does not speak is refused", async () => {
  const url = await startServer();
  await expect(connect(`${url}/echo`, { protocols: "other" })).rejects.toMatchObject({
    code: "CONNECT_FAILED",
    retry: "safe",
  });
  const { complaints } = await commands.reportOf(url);
  expect(complaints).toEqual(["refused with 400: Sec-WebSocket-Protocol must offer muxado"]);
});

test("a text message ends the session with PROTOCOL_ERROR", async () => {
  const session = await connected(`${inject("bareUrl")}/text`);
  const accepting = session.accept();
  const expected = { code: "PROTOCOL_ERROR", scope: "session", origin: "remote" };
  await expect(accepting).rejects.toMatchObject(expected);
  const { localError } = await session.closed;
  expect(localError).toMatchObject(expected);
  expect(localError!.message).toContain("a text message has arrived, but muxado is binary");
});
