// The server: it listens, as servers do. Then it sends HTTP requests to its clients, on streams that it opens to them.

import { once } from "node:events";
import { type Agent, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { createServer, type Server, SessionAgent } from "@muxado/node";
import type { Credentials } from "../certificate.ts";

/** Listens on a free port. Uses each client first as a clock, then as an echo. */
export async function listen(tls: Credentials): Promise<Server> {
  const server = createServer({ tls }, async (session, socket) => {
    console.log(`server: a client from ${socket.remoteAddress}`);
    const agent = new SessionAgent(session); // each request gets its own stream
    try {
      await use(agent);
    } finally {
      agent.destroy();
      await session.close();
    }
  });
  await server.listen({ host: "localhost", port: 0 });
  return server;
}

async function use(agent: Agent): Promise<void> {
  const ask = (method: string, path: string, body?: string): Promise<IncomingMessage> =>
    send(agent, method, path, body);
  const show = async (answer: IncomingMessage): Promise<void> =>
    console.log(`server: ${answer.statusCode} ${(await text(answer)).trim()}`);

  await show(await ask("GET", "/"));
  await show(await ask("POST", "/application", JSON.stringify({ name: "mill" })));
  await show(await ask("POST", "/application", JSON.stringify({ name: "clock" })));
  await show(await ask("GET", "/"));

  // A long answer delays no other: it continues during a hundred requests.
  const ticking = text(await ask("GET", "/ticks"));
  await show(await ask("POST", "/application", JSON.stringify({ name: "echo" })));
  const echoes = Array.from({ length: 100 }, async (_, index) => {
    const answer = await text(await ask("POST", "/", `number ${index}`));
    return answer === `number ${index}`;
  });
  const right = (await Promise.all(echoes)).filter(Boolean).length;
  console.log(`server: 100 requests at once, ${right} right answers`);
  console.log(`server: ${(await ticking).trim().replaceAll("\n", ", ")}`);
  if (right < 100) throw new Error("an answer was wrong");
}

async function send(
  agent: Agent,
  method: string,
  path: string,
  body: string | undefined,
): Promise<IncomingMessage> {
  const sent = request({ agent, method, path, headers: { "content-type": "text/plain" } });
  sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  return answer;
}
