// The public side of the relay. Visitors by host name speak HTTP, and each request is a stream to the agent of that
// name; visitors by port speak anything, and each connection is a stream to the agent of that port.

import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import { type Duplex, pipeline } from "node:stream";
import { MuxadoError, type Stream } from "@muxado/core";
import { SessionAgent, toDuplex } from "@muxado/node";
import type { TypedSession } from "@muxado/typed";
import { agentLimits, Refused } from "./gate.ts";
import { logger, peer, reason } from "./log.ts";
import { type Hello, LEAVING, VISIT, type Welcome } from "./protocol.ts";

const log = logger("relay");

/** At a time through one agent: half of the streams that it may have, so that those that say nothing leave room for requests. */
const MAX_CONNECTIONS = agentLimits.maxOutboundStreams / 2;

/** Milliseconds until a connection that waits for its next request is given up: before a service of Node's does it, after 5 s. */
const IDLE = 4_000;

/** An agent that is in, and what it has got. */
interface Tunnel {
  readonly instance: string;
  readonly session: TypedSession;
  readonly name: string | undefined;
  readonly connections: Connections;
  readonly requests: Requests;
  readonly listener: net.Server | undefined;
}

/** Gives visitors to agents. */
export class Visitors {
  readonly #tunnels: Set<Tunnel> = new Set();
  readonly #ports: readonly [lowest: number, highest: number] | undefined;
  readonly #http: http.Server = http
    .createServer((request, response) => this.#serve(request, response))
    .on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  readonly #host: string | undefined;
  #isStopping = false;

  /**
   * @param ports those that an agent may ask for, if any.
   * @param host where to listen. Default: on every address of the machine.
   */
  constructor(ports: readonly [lowest: number, highest: number] | undefined, host?: string) {
    this.#ports = ports;
    this.#host = host;
  }

  /** Listens for visitors by host name, and resolves with the port. */
  async listen(port: number): Promise<number> {
    this.#http.listen(port, this.#host);
    await once(this.#http, "listening");
    this.#http.on("error", (error) => log("no visitor", { port, reason: reason(error) }));
    return (this.#http.address() as net.AddressInfo).port;
  }

  /** Gives `session` the name and the port that `hello` asks for, until the session is over. */
  async admit(session: TypedSession, hello: Hello): Promise<Welcome> {
    const { instance, name, port } = hello;
    if (this.#isStopping) throw new Refused("the relay is stopping", true);
    for (const other of this.#tunnels) {
      // Its connection was lost, and we have not noticed yet.
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
    this.#tunnels.add(tunnel); // now, so that nobody else gets the name meanwhile
    void session.closed.then(() => this.#remove(tunnel));
    try {
      // An agent may be gone before it listens, and then it never does.
      if (listener) await Promise.race([once(listener, "listening"), gone(listener)]);
    } catch (error) {
      this.#remove(tunnel);
      throw new Refused(`port ${port}: ${reason(error)}`, true);
    }
    // It listens whatever happens from now on; too many open files are no reason to end.
    listener?.on("error", (error) => log("no visitor", { port, reason: reason(error) }));
    return { name, port: (listener?.address() as net.AddressInfo | null | undefined)?.port };
  }

  /** Takes no more visitors, tells the agents, and resolves when the last visitor has gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const servers: net.Server[] = [this.#http];
    for (const { session, listener, requests } of this.#tunnels) {
      if (listener) servers.push(listener);
      try {
        void session.open({ type: LEAVING }).close();
      } catch {
        // It is going itself.
      }
      requests.end();
    }
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #remove(tunnel: Tunnel): void {
    if (!this.#tunnels.delete(tunnel)) return;
    tunnel.listener?.close();
    tunnel.requests.end();
    // Visits that are under way have their time to end.
    void tunnel.session.close();
  }

  #serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { method, url, socket } = request;
    const name = nameOf(request);
    const from = peer(socket); // now: one that has gone has no address
    const start = performance.now();
    let problem: string | undefined;

    const fail = (status: number, text: string): void => {
      if (response.destroyed) return; // the visitor has gone, or has had its answer
      problem ??= text;
      if (response.headersSent) response.destroy();
      else response.writeHead(status, { "content-type": "text/plain" }).end(`${text}\n`);
    };
    response.on("close", () => {
      const took = Math.round(performance.now() - start);
      const status = response.headersSent ? response.statusCode : undefined;
      log("request", { name, method, url, from, status, took, problem });
      // Connections that wait for their next request would hold us up.
      if (this.#isStopping) setImmediate(() => this.#http.closeIdleConnections());
    });

    const tunnel = this.#find(name);
    if (tunnel === undefined) return fail(404, `no tunnel for ${name}`);
    // A request may outlive its connection by a moment.
    if (socket.remoteAddress === undefined) return void response.destroy();
    const headers = { ...endToEnd(request.headers), "x-forwarded-for": socket.remoteAddress };
    const send = (agent: http.Agent): void => {
      const sent = http.request({ agent, method, path: url, headers });
      let isAgain = false;
      sent.on("error", (error) => {
        // The service has closed the connection in the moment in which it was used again.
        isAgain = sent.reusedSocket && !response.headersSent && !response.destroyed;
        if (isAgain) send(tunnel.requests.fresh);
        else fail(502, explain(error));
      });
      // Such as 101, which nobody has asked for.
      sent.on("close", () => response.headersSent || isAgain || fail(502, "no answer"));
      sent.on("response", (answer) => {
        // Without the service's own words for it, which may be anything.
        response.writeHead(answer.statusCode!, endToEnd(answer.headers));
        pipeline(answer, response, (error) => {
          if (error) problem ??= reason(error);
        });
      });
      response.on("close", () => {
        sent.destroy();
        request.unpipe().resume(); // what is still being sent has nobody to go to
      });
      // No pipeline: it would end the visitor's connection when the agent fails, before we can say so.
      request.pipe(sent);
    };
    // A connection that is used again may fail when it is too late to know whether the service has seen the request. One
    // that may change something, or has a body, which we do not keep, has a connection of its own.
    send(mayRepeat(request) ? tunnel.requests.kept : tunnel.requests.fresh);
  }

  /** WebSockets and the like: after the request, the connection is the two programs' own. */
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

/** Rejects when `listener` has been closed. */
async function gone(listener: net.Server): Promise<never> {
  await once(listener, "close");
  throw new Error("the agent has gone");
}

/** The connections through one agent that may last: visitors by port, and upgrades. */
class Connections {
  readonly #open: () => Stream;
  #count = 0;

  constructor(open: () => Stream) {
    this.#open = open;
  }

  /** Joins a visitor's connection and a stream, until both directions have ended, or either fails. */
  add(socket: net.Socket, details: object): void {
    const from = peer(socket);
    const done = (error?: Error | null): void => {
      log("connection", { ...details, from, problem: error ? explain(error) : undefined });
    };
    let tunnel: Duplex;
    try {
      if (this.#count >= MAX_CONNECTIONS) throw new Error("too many connections");
      tunnel = toDuplex(this.#open(), { allowHalfOpen: true });
    } catch (error) {
      socket.destroy();
      return done(error as Error);
    }
    this.#count++;
    pipeline(socket, tunnel, socket, (error) => {
      this.#count--;
      done(error);
    });
  }
}

/** The connections of requests through one agent. */
class Requests {
  /** Uses connections again. */
  readonly kept: SessionAgent;
  /** Makes one for each request. */
  readonly fresh: SessionAgent;

  constructor(open: () => Stream) {
    this.kept = new SessionAgent(open, { keepAlive: true, timeout: IDLE });
    this.fresh = new SessionAgent(open);
  }

  /** Keeps no connection any more: they would hold up the end of the session. */
  end(): void {
    this.kept.maxFreeSockets = 0;
    for (const idle of Object.values(this.kept.freeSockets)) {
      for (const connection of idle ?? []) connection.destroy();
    }
  }
}

/** Whether a request may be sent twice: it changes nothing, and has no body. */
function mayRepeat({ method, headers }: http.IncomingMessage): boolean {
  const hasBody = "content-length" in headers || "transfer-encoding" in headers;
  return (method === "GET" || method === "HEAD") && !hasBody;
}

/** The host that a request is for, without a port. */
function nameOf({ headers }: http.IncomingMessage): string | undefined {
  return headers.host?.replace(/:\d+$/, "").toLowerCase();
}

function explain(error: Error): string {
  const failure = MuxadoError.is(error.cause) ? error.cause : error;
  if (!MuxadoError.is(failure)) return reason(failure);
  return failure.code === "STREAM_REFUSED" ? "the local service is not there" : failure.code;
}

/** All but those headers that concern one connection. */
function endToEnd(headers: http.IncomingHttpHeaders): http.OutgoingHttpHeaders {
  const named = headers.connection?.toLowerCase().split(/[ ,]+/) ?? [];
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !HOP_BY_HOP.has(name) && !ABOUT_VISITORS.has(name) && !named.includes(name),
    ),
  );
}

/** What proxies say about visitors. We are the first, so that only a visitor can have said it before. */
const ABOUT_VISITORS = new Set(["forwarded", "x-forwarded-for", "x-real-ip"]);

/** Transfer-Encoding is not among them: it tells Node to do likewise. */
const HOP_BY_HOP = new Set(["connection", "expect", "keep-alive", "te", "trailer", "upgrade"]);
