// HTTP/1.1 requests with node:http, over streams of one session and over separate connections. Client and server are
// the same in all variants. The agent differs, and so does the kind of connection that the server gets.

import * as http from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, serveHttp, SessionAgent } from "@muxado/node";
import { replyTo } from "../payload.ts";
import { type Connection, LOOPBACK, type NodePeer } from "../peer.ts";
import { readToEnd } from "./node-streams.ts";

/** More than any workload has at the same time. */
const ENOUGH = 1024;

const traits = {
  idleStreams: 0,
  multiplexes: true,
  supports: ({ kind }) => kind === "open",
} satisfies Partial<NodePeer>;

export const http1: NodePeer = overTcp(
  "http1",
  "node:http: keep-alive connections, as many as requests at a time",
  () => new http.Agent({ keepAlive: true, maxSockets: ENOUGH, maxFreeSockets: ENOUGH }),
);

export const http1Connections: NodePeer = overTcp(
  "http1-connections",
  "node:http: a connection for each request",
  () => new http.Agent({ keepAlive: false }),
);

export const http1Muxado: NodePeer = overSession(
  "http1-muxado",
  "node:http over @muxado/node: a stream for each request, as SessionAgent does by default",
  {},
);

export const http1MuxadoPooled: NodePeer = overSession(
  "http1-muxado-pooled",
  "the same with streams that are used again, keepAlive: true",
  { keepAlive: true, maxSockets: ENOUGH, maxFreeSockets: ENOUGH },
);

function overTcp(name: string, description: string, agent: () => http.Agent): NodePeer {
  return {
    ...traits,
    name,
    description,
    async serve() {
      const server = application();
      server.listen({ host: LOOPBACK, port: 0, backlog: 4096 });
      await once(server, "listening");
      return (server.address() as AddressInfo).port;
    },
    connect: async (port) => new HttpConnection(agent(), port),
  };
}

function overSession(name: string, description: string, options: http.AgentOptions): NodePeer {
  return {
    ...traits,
    name,
    description,
    async serve() {
      const app = application();
      const server = createServer((session) => serveHttp(session, app));
      await server.listen({ host: LOOPBACK, port: 0 });
      return (server.address as AddressInfo).port;
    },
    async connect(port) {
      const session = await connect({ host: LOOPBACK, port });
      return new HttpConnection(new SessionAgent(session, options), port);
    },
  };
}

function application(): http.Server {
  const answer = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    response.end(replyTo(await readToEnd(request)));
  };
  const server = http.createServer((request, response) => void answer(request, response));
  // Connections that are idle between two rounds must stay open.
  server.keepAliveTimeout = 600_000;
  return server;
}

class HttpConnection implements Connection {
  readonly #agent: http.Agent;
  readonly #port: number;

  constructor(agent: http.Agent, port: number) {
    this.#agent = agent;
    this.#port = port;
  }

  exchange(body: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const options = {
        host: LOOPBACK,
        port: this.#port,
        agent: this.#agent,
        method: "POST",
        headers: { "content-length": body.length },
      };
      http
        .request(options, (response) => void readToEnd(response).then(resolve, reject))
        .on("error", reject)
        .end(body);
    });
  }

  upload(): never {
    throw new Error("only requests");
  }

  hold(): never {
    throw new Error("only requests");
  }
}
