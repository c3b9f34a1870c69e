// HTTP over streams. The server may be on either side of a session. Node's own client and server handle HTTP.

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
 * An `http.Agent` whose connections are streams. Each request has its own stream, so no request waits for another.
 *
 * It does not pool connections by default, because a stream costs almost nothing. With `keepAlive: true` it pools them,
 * which saves the server a little work for each request. It does not use TLS, and Node refuses to use it for an https
 * URL. For https, use {@link SecureSessionAgent}.
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
 * An `https.Agent` whose connections are TLS inside streams. TLS protects the way to the server at the other end of the
 * stream, in addition to the protection of the session's own connection, if there is any.
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

/** A request of an agent listens to `timeout`, but does not set it. The code that makes the connection must do that. */
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

/** The same callback for undici. Its type requires a socket. It gets a connection that behaves like a socket. */
type SocketCallback = (...outcome: [null, Socket] | [Error, null]) => void;

/** Options of {@link connector}. */
export interface ConnectorOptions {
  /** For https URLs: options of `tls.connect`, such as `ca`. Default: none. */
  readonly tls?: tls.ConnectionOptions | undefined;
  /**
   * For https URLs: whether to offer HTTP/2 as well. undici uses HTTP/2 only if its own option `allowH2` is also set.
   * This needs undici 7.24.3 or newer: older versions fail when the body of an answer arrives together with its head.
   * Default: false.
   */
  readonly allowH2?: boolean | undefined;
}

/** The arguments with which undici asks for a connection. */
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
    // The callback is called later, because undici ignores a connection that it gets while it asks for one.
    const done: ConnectCallback = (...outcome) =>
      process.nextTick(callback as ConnectCallback, ...outcome);
    if (protocol !== "https:") return open(streams, done);
    // A server cannot choose its certificate by an address, only by a name.
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
 * A connection of an HTTP server. It can answer a client that has half-closed. It needs no error to know that a message
 * was cut off, because HTTP shows this.
 */
class ServedConnection extends StreamDuplex {
  protected override readonly isQuiet = true;

  constructor(stream: Stream) {
    super(stream, { allowHalfOpen: true });
  }
}

/** Any server of Node that takes connections: of `node:http` or `node:http2`, and so also those of frameworks. */
export interface ConnectionServer {
  /** The method of an event emitter. */
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
 * The server need not listen. But a server checks its `headersTimeout` and `requestTimeout`, and can close connections,
 * only while it listens. For untrusted peers, make it listen on a Unix socket, or set `server.timeout`.
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
    throw new TypeError("server must be a server of Node, such as http.createServer(application)");
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

/** An application of Express also has `emit`, but no listeners for connections. */
function takesConnections(server: Partial<ConnectionServer & EventEmitter> | undefined): boolean {
  if (typeof server?.emit !== "function") return false;
  return server.listenerCount === undefined || server.listenerCount("connection") > 0;
}
