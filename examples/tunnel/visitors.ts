// The public side of the relay. Visitors by host name speak HTTP: each request is a stream to the agent of that name.
// Visitors by port speak any protocol: each connection is a stream to the agent of that port.

import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import { type Duplex, pipeline } from "node:stream";
import { MuxadoError, type Stream } from "@muxado/core";
import { relay, SessionAgent } from "@muxado/node";
import type { TypedSession } from "@muxado/typed";
import { agentLimits, Refused } from "./gate.ts";
import { logger, peer, reason } from "./log.ts";
import { type Hello, LEAVING, VISIT, type Welcome } from "./protocol.ts";

const log = logger("relay");

/** Most connections at a time through one agent: half of its streams, so silent connections leave room for requests. */
const MAX_CONNECTIONS = agentLimits.maxOutboundStreams / 2;

/** Idle milliseconds after which a connection is closed: before a service of Node's closes it, after 5 s. */
const IDLE = 4_000;

/** An admitted agent, with everything that it has received. */
interface Tunnel {
  readonly instance: string;
  readonly session: TypedSession;
  readonly name: string | undefined;
  readonly connections: Connections;
  readonly requests: Requests;
  readonly listener: net.Server | undefined;
}

/** Passes visitors to agents. */
export class Visitors {
  readonly #tunnels: Set<Tunnel> = new Set();
  readonly #ports: readonly [lowest: number, highest: number] | undefined;
  readonly #http: http.Server = http
    .createServer((request, response) => this.#serve(request, response))
    .on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  readonly #host: string | undefined;
  #isStopping = false;

  /**
   * @param ports the ports that an agent may ask for, if any.
   * @param host the address to listen on. Default: every address of the machine.
   */
  constructor(ports: readonly [lowest: number, highest: number] | undefined, host?: string) {
    this.#ports = ports;
    this.#host = host;
  }

  /** Listens for visitors by host name. Resolves with the port. */
  async listen(port: number): Promise<number> {
    this.#http.listen(port, this.#host);
    await once(this.#http, "listening");
    this.#http.on("error", (error) => log("no visitor", { port, reason: reason(error) }));
    return (this.#http.address() as net.AddressInfo).port;
  }

  /** Gives `session` the name and the port that `hello` asks for, until the session ends. */
  async admit(session: TypedSession, hello: Hello): Promise<Welcome> {
    const { instance, name, port } = hello;
    if (this.#isStopping) throw new Refused("the relay is stopping", true);
    for (const other of this.#tunnels) {
      // The same agent comes back. Its old connection was lost, and the relay has not noticed yet.
      if (other.instance === instance) this.#remove(other);
      else if (name !== undefined && other.name === name) {
        throw new Refused(`the name ${name} is taken`, true);
      }
    }
    const open = (): Stream => session.open({ type: VISIT });
    const requests = new Requests(open);
    const connections = new Connections(open);
    const listener = port === undefined ? undefined : this.#listener(port, connections);
    const tunnel: Tunnel = { instance, session, name, connections, requests, listener };
    this.#tunnels.add(tunnel); // now, so nobody else gets the name in the meantime
    void session.closed.then(() => this.#remove(tunnel));
    try {
      // If the agent goes first, the listener is closed and never listens.
      if (listener) await Promise.race([once(listener, "listening"), gone(listener)]);
    } catch (error) {
      this.#remove(tunnel);
      throw new Refused(`port ${port}: ${reason(error)}`, true);
    }
    // The listener keeps listening after an error, such as too many open files.
    listener?.on("error", (error) => log("no visitor", { port, reason: reason(error) }));
    return { name, port: (listener?.address() as net.AddressInfo | null | undefined)?.port };
  }

  /** Takes no more visitors, and tells the agents. Resolves when the last visitor has gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const servers: net.Server[] = [this.#http];
    for (const { session, listener, requests } of this.#tunnels) {
      if (listener) servers.push(listener);
      try {
        void session.open({ type: LEAVING }).close();
      } catch {
        // This session is ending already.
      }
      requests.end();
    }
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #remove(tunnel: Tunnel): void {
    if (!this.#tunnels.delete(tunnel)) return;
    tunnel.listener?.close();
    tunnel.requests.end();
    // Lets the visits that are under way finish.
    void tunnel.session.close();
  }

  #serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { method, url, socket } = request;
    const name = nameOf(request);
    const from = peer(socket); // read now: a closed socket has no address
    const start = performance.now();
    let problem: string | undefined;

    const fail = (status: number, text: string): void => {
      if (response.destroyed) return; // the visitor has gone, or has its answer
      problem ??= text;
      if (response.headersSent) response.destroy();
      else response.writeHead(status, { "content-type": "text/plain" }).end(`${text}\n`);
    };
    response.on("close", () => {
      const took = Math.round(performance.now() - start);
      const status = response.headersSent ? response.statusCode : undefined;
      log("request", { name, method, url, from, status, took, problem });
      // Idle connections would delay the end of the relay.
      if (this.#isStopping) setImmediate(() => this.#http.closeIdleConnections());
    });

    const tunnel = this.#find(name);
    if (tunnel === undefined) return fail(404, `no tunnel for ${name}`);
    // A request may outlive its connection for a moment.
    if (socket.remoteAddress === undefined) return void response.destroy();
    const headers = { ...endToEnd(request.headers), "x-forwarded-for": socket.remoteAddress };
    const send = (agent: http.Agent): void => {
      const sent = http.request({ agent, method, path: url, headers });
      let isAgain = false;
      sent.on("error", (error) => {
        // The service may close a connection at the moment in which the relay uses it again.
        isAgain = sent.reusedSocket && !response.headersSent && !response.destroyed;
        if (isAgain) send(tunnel.requests.fresh);
        else fail(502, explain(error));
      });
      // No response comes, for example, if the service answers with 101, which was not requested.
      sent.on("close", () => response.headersSent || isAgain || fail(502, "no answer"));
      sent.on("response", (answer) => {
        // The service's status message is left out: it can be any text.
        response.writeHead(answer.statusCode!, endToEnd(answer.headers));
        pipeline(answer, response, (error) => {
          if (error) problem ??= reason(error);
        });
      });
      response.on("close", () => {
        sent.destroy();
        request.unpipe().resume(); // nobody receives the rest of the request
      });
      // Not `pipeline`: if the agent fails, it would end the visitor's connection before the relay can answer.
      request.pipe(sent);
    };
    // If a reused connection fails, the relay may not know whether the service has seen the request. So a request that
    // may change something gets its own connection. So does a request with a body, because the relay keeps no bodies.
    send(mayRepeat(request) ? tunnel.requests.kept : tunnel.requests.fresh);
  }

  /** Serves WebSockets and other upgrades: after the request, the connection belongs to the two programs. */
  #upgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer): void {
    const { method, url, rawHeaders } = request;
    const { remoteAddress } = request.socket;
    const tunnel = this.#find(nameOf(request));
    if (tunnel === undefined || remoteAddress === undefined || this.#isStopping) {
      return void socket.destroy();
    }
    const lines = [`${method} ${url} HTTP/1.1`, `X-Forwarded-For: ${remoteAddress}`];
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const [name, value] = rawHeaders.slice(at, at + 2) as [string, string];
      if (!ABOUT_VISITORS.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
    }
    const first = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
    socket.unshift(Buffer.concat([first, head]));
    tunnel.connections.add(socket as net.Socket, { name: tunnel.name, method, url });
  }

  #find(name: string | undefined): Tunnel | undefined {
    if (name === undefined) return undefined;
    for (const tunnel of this.#tunnels) if (tunnel.name === name) return tunnel;
    return undefined;
  }

  #listener(port: number, connections: Connections): net.Server {
    const [lowest, highest] = this.#ports ?? [1, 0];
    if (port < lowest || port > highest) throw new Refused(`port ${port} is not allowed`, false);
    const options = {
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
    };
    return net
      .createServer(options, (socket) => connections.add(socket, { port: socket.localPort }))
      .listen(port, this.#host);
  }
}

/** Rejects when `listener` is closed. */
async function gone(listener: net.Server): Promise<never> {
  await once(listener, "close");
  throw new Error("the agent has gone");
}

/** The connections through one agent that may last long: visitors by port, and upgrades. */
class Connections {
  readonly #open: () => Stream;
  #count = 0;

  constructor(open: () => Stream) {
    this.#open = open;
  }

  /** Joins a visitor's connection and a stream, until both directions have ended or one fails. */
  add(socket: net.Socket, details: object): void {
    const from = peer(socket);
    const done = (error?: Error | null): void => {
      log("connection", { ...details, from, problem: error ? explain(error) : undefined });
    };
    let stream: Stream;
    try {
      if (this.#count >= MAX_CONNECTIONS) throw new Error("too many connections");
      stream = this.#open();
    } catch (error) {
      socket.destroy();
      return done(error as Error);
    }
    this.#count++;
    relay(stream, socket)
      .finally(() => this.#count--)
      .then(() => done(), done);
  }
}

/** The agents that hold the connections for requests through one tunnel. */
class Requests {
  /** Reuses connections. */
  readonly kept: SessionAgent;
  /** Makes a connection for each request. */
  readonly fresh: SessionAgent;

  constructor(open: () => Stream) {
    this.kept = new SessionAgent(open, { keepAlive: true, timeout: IDLE });
    this.fresh = new SessionAgent(open);
  }

  /** Closes all idle connections and keeps no further ones: they would delay the end of the session. */
  end(): void {
    this.kept.maxFreeSockets = 0;
    for (const idle of Object.values(this.kept.freeSockets)) {
      for (const connection of idle ?? []) connection.destroy();
    }
  }
}

/** Returns whether a request may be sent twice: it changes nothing and has no body. */
function mayRepeat({ method, headers }: http.IncomingMessage): boolean {
  const hasBody = "content-length" in headers || "transfer-encoding" in headers;
  return (method === "GET" || method === "HEAD") && !hasBody;
}

/** Returns the host that a request is for, without a port. */
function nameOf({ headers }: http.IncomingMessage): string | undefined {
  return headers.host?.replace(/:\d+$/, "").toLowerCase();
}

function explain(error: Error): string {
  const failure = MuxadoError.is(error.cause) ? error.cause : error;
  if (!MuxadoError.is(failure)) return reason(failure);
  return failure.code === "STREAM_REFUSED" ? "the local service is not there" : failure.code;
}

/** Returns all headers that do not concern a single connection. */
function endToEnd(headers: http.IncomingHttpHeaders): http.OutgoingHttpHeaders {
  const named = headers.connection?.toLowerCase().split(/[ ,]+/) ?? [];
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !HOP_BY_HOP.has(name) && !ABOUT_VISITORS.has(name) && !named.includes(name),
    ),
  );
}

/** Headers in which proxies describe visitors. This relay is the first proxy, so only a visitor can have set them. */
const ABOUT_VISITORS = new Set(["forwarded", "x-forwarded-for", "x-real-ip"]);

/** Headers for a single connection. Transfer-Encoding is not among them: it makes Node encode the body likewise. */
const HOP_BY_HOP = new Set(["connection", "expect", "keep-alive", "te", "trailer", "upgrade"]);
