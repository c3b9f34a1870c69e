// Libraries that try again by themselves also do so over streams, because they know the errors from sockets.

import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { connector, serveHttp } from "@muxado/node";
import { Agent, type Dispatcher, request, RetryAgent } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { nothingOpen, sessionPair } from "./connections.ts";
import { HOST } from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";

leaveNothingOpen();

/** Returns a server that cuts off two requests, each in its own way, and answers the third. */
function stubborn(cut: (request: http.IncomingMessage) => void): {
  server: http.Server;
  asked: () => number;
} {
  let count = 0;
  const server = http.createServer((incoming, response) => {
    if (++count < 3) return cut(incoming);
    response.end(`answered at request ${count}`);
  });
  return { server, asked: () => count };
}

async function ask(agent: Agent, origin: string): Promise<string> {
  const dispatcher: Dispatcher = new RetryAgent(agent, { minTimeout: 1, maxTimeout: 1 });
  onTestFinished(() => dispatcher.destroy());
  const { body } = await request(origin, { dispatcher });
  return body.text();
}

test("undici's retries what a server has cut off, over a stream as over a socket", async () => {
  const overTcp = stubborn(({ socket }) => socket.resetAndDestroy());
  overTcp.server.listen(0, HOST);
  await once(overTcp.server, "listening");
  onTestFinished(() => overTcp.server.close().closeAllConnections());
  const { port } = overTcp.server.address() as AddressInfo;
  expect(await ask(new Agent(), `http://${HOST}:${port}`)).toBe("answered at request 3");

  for (const why of [undefined, new Error("on purpose")]) {
    const sessions = sessionPair();
    const { server, asked } = stubborn(({ socket }) => socket.destroy(why));
    void serveHttp(sessions[1], server);
    const agent = new Agent({ connect: connector(sessions[0]) });
    expect(await ask(agent, "http://app.test")).toBe("answered at request 3");
    expect(asked()).toBe(3);
    await agent.close();
    await nothingOpen(sessions);
  }
});

test("undici's retries while there is no session", async () => {
  const [over] = sessionPair();
  over.destroy();
  const sessions = sessionPair();
  void serveHttp(
    sessions[1],
    http.createServer((_request, response) => response.end("ok")),
  );
  let count = 0;
  const agent = new Agent({
    connect: connector(() => (++count < 3 ? over : sessions[0])),
  });
  expect(await ask(agent, "http://app.test")).toBe("ok");
  expect(count).toBe(3);
});
