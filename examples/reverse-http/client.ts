// The client: it dials, as clients do. From then on it is the HTTP server of its server.

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import { json } from "node:stream/consumers";
import { connect, type ConnectOptions, serveHttp } from "@muxado/node";
import { applications } from "./applications.ts";

/** Connects, and runs the application that the server asks for, until the server ends the session. */
export async function serveTheServer(options: ConnectOptions): Promise<void> {
  const session = await connect(options);
  let chosen: RequestListener | undefined;

  async function choose(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = await nameIn(request);
    console.log(`client: the server wants ${JSON.stringify(name)}`);
    chosen = applications.get(name) ?? chosen;
    response.writeHead(applications.has(name) ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify({ applications: [...applications.keys()] }));
  }

  // This server never listens. Its connections are the streams that the other side opens.
  const http = createServer((request, response) => {
    if (request.method === "POST" && request.url === "/application") void choose(request, response);
    else if (chosen !== undefined) chosen(request, response);
    else response.writeHead(503).end("POST /application comes first\n");
  });
  await serveHttp(session, http);

  const { localError, remoteError } = await session.closed;
  const error = localError ?? remoteError;
  if (error !== undefined) throw error;
  console.log("client: the server has had enough");
}

/** Returns the `name` of `{"name": …}`; an empty text if the body has none. */
async function nameIn(request: IncomingMessage): Promise<string> {
  try {
    const { name } = (await json(request)) as { name?: unknown };
    return typeof name === "string" ? name : "";
  } catch {
    return "";
  }
}
