// HTTP over streams. Either side of a session may have the server. Node's own client and server do the work.

import type { EventEmitter } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import { isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import type { Stream } from "@muxado/core";
import { reportThrown } from "@muxado/core/layers";
import { StreamDuplex, toDuplex } from "./duplex.ts";
import { checkSource, openFrom, type StreamSource } from "./source.ts";

/**
 * An `http.Agent` whose connections are streams: each request has a stream of its own, and none waits for another.
 *
 * It does not pool connections by default, because a stream costs almost nothing. With `keepAlive: true` it pools them,
 * which saves the server a little work for each request. It does not use TLS, and Node refuses to use it for an https
 * URL: use {@link SecureSessionAgent} for those.
 */
export class SessionAgent extends http.Agent {
  readonly #source: StreamSource;

  /** @param options the options of `http.Agent`. */
  constructor(source: StreamSource, options?: http.AgentOptions) {
    super(options);
    this.#source = checkSource(source);
  }

  /** @internal */
  override createConnection(
    options: { timeout?: number | undefined },
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    open(this.#source, timed(options, callback as ConnectCallback));
  }
}

/**
 * An `https.Agent` whose connections are TLS inside streams. The TLS is with the server behind the session, whatever
 * carries the session.
 *
 * It pools connections as {@link SessionAgent} does; `keepAlive: true` saves a handshake for each request.
 */
export class SecureSessionAgent extends https.Agent {
  readonly #source: StreamSource;

  /** @param options the options of `https.Agent`, with all those of `tls.connect`. */
  constructor(source: StreamSource, options?: https.AgentOptions) {
    super(options);
    this.#source = checkSource(source);
  }

  /** @internal */
  override createConnection(
    options: tls.ConnectionOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    openSecurely(this.#source, options, timed(options, callback as ConnectCallback));
  }
}

/** Called with the connection, or with the error that explains why there is none. */
type ConnectCallback = (...outcome: [null, StreamDuplex | tls.TLSSocket] | [Error, null]) => void;

/** A request of an agent only listens to `timeout`. The code that makes the connection has to set it. */
function timed(
  { timeout }: { readonly timeout?: number | undefined },
  callback: ConnectCallback,
): ConnectCallback {
  return (...outcome) => {
    const [, connection] = outcome;
    if (timeout !== undefined) connection?.setTimeout(timeout);
    callback(...outcome);
  };
}

/** The same callback for undici: its type asks for a socket, and it gets a connection that behaves like one. */
type SocketCallback = (...outcome: [null, Socket] | [Error, null]) => void;

/** Options of {@link connector}. */
export interface ConnectorOptions {
  /** For https URLs: options of `tls.connect`, such as `ca`. Default: none. */
  readonly tls?: tls.ConnectionOptions | undefined;
  /**
   * For https URLs: whether to offer HTTP/2 as well. The option of the same name of undici itself makes undici use it.
   * This needs undici 7.24.3: older versions fail when the body of an answer arrives together with its head. Default:
   * false.
   */
  readonly allowH2?: boolean | undefined;
}

/** How undici asks for a connection. */
interface Wanted {
  readonly protocol?: string | undefined;
  readonly hostname?: string | undefined;
  readonly servername?: string | null | undefined;
}

/**
 * Returns a function for undici's option `connect`. `new Agent({ connect: connector(session) })` is a dispatcher for
 * `fetch` and for everything else in undici. For an https URL, it uses TLS inside the stream.
 */
export function connector(
  source: StreamSource,
  options: ConnectorOptions = {},
): (wanted: Wanted, callback: SocketCallback) => void {
  const streams = checkSource(source);
  const ALPNProtocols = options.allowH2 ? ["h2", "http/1.1"] : ["http/1.1"];
  return ({ protocol, hostname, servername }, callback) => {
    // Call back later: undici ignores a connection that it gets while it asks for it.
    const done: ConnectCallback = (...outcome) =>
      process.nextTick(callback as ConnectCallback, ...outcome);
    if (protocol !== "https:") return open(streams, done);
    // An address is not a name by which a server can choose its certificate.
    const name = servername || (hostname && isIP(hostname) === 0 ? hostname : undefined);
    const named = { ALPNProtocols, host: hostname, servername: name };
    openSecurely(streams, { ...named, ...options.tls }, done);
  };
}

function open(source: StreamSource, callback: ConnectCallback): void {
  openFrom(
    source,
    (stream) => {
      let connection: StreamDuplex;
      try {
        connection = toDuplex(stream);
      } catch (error) {
        return callback(error as Error, null);
      }
      callback(null, connection);
    },
    (error) => callback(error, null),
  );
}

function openSecurely(
  source: StreamSource,
  options: tls.ConnectionOptions,
  callback: ConnectCallback,
): void {
  open(source, (error, connection) => {
    if (error !== null) return callback(error, null);
    let socket: tls.TLSSocket;
    try {
      socket = tls.connect({ ...options, socket: connection });
    } catch (reason) {
      // `tls.connect` refuses an option, such as an invalid key.
      connection.destroy();
      return callback(reason as Error, null);
    }
    const fail = (reason: Error): void => callback(reason, null);
    socket.once("error", fail);
    socket.once("secureConnect", () => {
      socket.off("error", fail);
      callback(null, socket);
    });
  });
}

/**
 * A connection of an HTTP server. It can answer a client that has half-closed, and HTTP itself knows when a message was
 * cut off.
 */
class ServedConnection extends StreamDuplex {
  protected override readonly isQuiet = true;

  constructor(stream: Stream) {
    super(stream, { allowHalfOpen: true });
  }
}

/** Any server of Node that takes connections: of `node:http` or `node:http2`, and so also those of frameworks. */
export interface ConnectionServer {
  /** Like that of an event emitter. */
  emit(event: "connection", connection: Duplex): boolean;
}

/** Options of {@link serveHttp}. */
export interface ServeHttpOptions {
  /** Takes no more streams when it aborts. Streams that are being served continue. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives every stream that the peer opens to `server` as a connection, until the session is over or the signal aborts.
 * Never rejects because of a peer.
 *
 * The server need not listen. But only a server that listens checks its `headersTimeout` and `requestTimeout`, and can
 * close connections. For untrusted peers, make it listen on a Unix socket, or set `server.timeout`.
 *
 * @throws {TypeError} if `server` has no listener for connections. For example, an application of Express has none: use
 * `http.createServer(application)`.
 */
export async function serveHttp(
  session: { accept(options?: { signal?: AbortSignal }): Promise<Stream> },
  server: ConnectionServer,
  { signal }: ServeHttpOptions = {},
): Promise<void> {
  if (!takesConnections(server)) {
    throw new TypeError("server must be one of Node's, such as http.createServer(application)");
  }
  for (;;) {
    let stream: Stream;
    try {
      stream = await session.accept(signal && { signal });
    } catch {
      return;
    }
    try {
      server.emit("connection", new ServedConnection(stream));
    } catch (error) {
      // A listener of the server has failed. Only this connection is lost.
      stream.reset("INTERNAL_ERROR");
      reportThrown(error);
    }
  }
}

/** An application of Express emits as well, but it has no listeners. */
function takesConnections(server: Partial<ConnectionServer & EventEmitter> | undefined): boolean {
  if (typeof server?.emit !== "function") return false;
  return server.listenerCount === undefined || server.listenerCount("connection") > 0;
}
