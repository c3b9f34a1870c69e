// HTTP over streams, in both directions: whichever side has the server. Node's own client and server do the work.

import type { EventEmitter } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import { isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import { type Stream } from "@muxado/core";
import { reportThrown } from "@muxado/core/layers";
import { StreamDuplex, toDuplex } from "./duplex.ts";
import { checkSource, openFrom, type StreamSource } from "./source.ts";

/**
 * An `http.Agent` whose connections are streams: each request has one of its own, and nothing waits for another.
 *
 * Without pooling, since a stream costs next to nothing. `keepAlive: true` pools all the same, which spares the
 * server a little work for each request. It speaks no TLS, and Node refuses to use it for an https URL:
 * {@link SecureSessionAgent} is the one for those.
 */
export class SessionAgent extends http.Agent {
  readonly #source: StreamSource;

  /** @param options those of `http.Agent`. */
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
 * An `https.Agent` whose connections are TLS inside streams: with the server behind the session, whatever carries that.
 *
 * It pools as {@link SessionAgent} does, and `keepAlive: true` spares a handshake for each request.
 */
export class SecureSessionAgent extends https.Agent {
  readonly #source: StreamSource;

  /** @param options those of `https.Agent`, with all of `tls.connect`. */
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

/** Called with the connection, or with why there is none. */
type ConnectCallback = (...outcome: [null, StreamDuplex | tls.TLSSocket] | [Error, null]) => void;

/** An agent's request listens for `timeout` only, and leaves it to whoever makes the connection to set it. */
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

/** The same as undici has it: it wants a socket, and gets what behaves as one. */
type SocketCallback = (...outcome: [null, Socket] | [Error, null]) => void;

/** Options of {@link connector}. */
export interface ConnectorOptions {
  /** For https URLs: options of `tls.connect`, such as `ca`. Default: none. */
  readonly tls?: tls.ConnectionOptions | undefined;
  /**
   * For https URLs: whether to offer HTTP/2 as well, which undici's own option of this name makes it speak. It takes
   * undici 7.24.3: older ones fail when an answer's body arrives together with its head. Default: false.
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
 * What undici takes as its option `connect`: `new Agent({ connect: connector(session) })` is a dispatcher for `fetch`
 * and all that undici has. For an https URL it speaks TLS inside the stream.
 */
export function connector(
  source: StreamSource,
  options: ConnectorOptions = {},
): (wanted: Wanted, callback: SocketCallback) => void {
  const streams = checkSource(source);
  const ALPNProtocols = options.allowH2 ? ["h2", "http/1.1"] : ["http/1.1"];
  return ({ protocol, hostname, servername }, callback) => {
    // Later: undici overlooks a connection that it gets while it asks for it.
    const done: ConnectCallback = (...outcome) =>
      process.nextTick(callback as ConnectCallback, ...outcome);
    if (protocol !== "https:") return open(streams, done);
    // An address is no name for a server to choose its certificate by.
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
      // Options that it does not take, such as a key that is none.
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

/** A connection of an HTTP server: it answers a client that has half-closed, and knows what was cut off. */
class ServedConnection extends StreamDuplex {
  protected override readonly isQuiet = true;

  constructor(stream: Stream) {
    super(stream, { allowHalfOpen: true });
  }
}

/** Any server of Node's that takes connections: of `node:http` or `node:http2`, and so those of frameworks. */
export interface ConnectionServer {
  /** As of an event emitter. */
  emit(event: "connection", connection: Duplex): boolean;
}

/** Options of {@link serveHttp}. */
export interface ServeHttpOptions {
  /** Takes no more streams when it aborts. Those that are being served go on. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives every stream that the peer opens to `server` as a connection, until the session is over or the signal
 * aborts. Never rejects because of a peer.
 *
 * The server need not listen; but only one that does checks its `headersTimeout` and `requestTimeout`, and can close
 * connections. For peers that are not trusted, listen on a Unix socket or set `server.timeout`.
 *
 * @throws {TypeError} if nobody listens to the connections of `server`, as of an application of Express's:
 * `http.createServer(application)` is the server of it.
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
      // A listener of the server's has failed: that is one connection less.
      stream.reset("INTERNAL_ERROR");
      reportThrown(error);
    }
  }
}

/** An application of Express's emits as well, but nobody listens. */
function takesConnections(server: Partial<ConnectionServer & EventEmitter> | undefined): boolean {
  if (typeof server?.emit !== "function") return false;
  return server.listenerCount === undefined || server.listenerCount("connection") > 0;
}
