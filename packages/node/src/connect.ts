// Connects: opens a TCP, TLS or Unix socket connection with a session over it.

import { addAbortListener } from "node:events";
import * as net from "node:net";
import * as tls from "node:tls";
import type { Session, SessionOptions, Transport } from "@muxado/core";
import { checkNumber, checkOptions, LONGEST_DELAY } from "@muxado/core/layers";
import { attach, transportOf } from "./attach.ts";
import { type BusyPollOptions, checkBusyPoll } from "./busy-poll.ts";
import { connectError } from "./errors.ts";

/** Options of {@link dial}: where and how to connect. */
export interface DialOptions extends BusyPollOptions {
  /** The TCP port on `host`. */
  readonly port?: number | undefined;
  /** Host name or address. Default: localhost. */
  readonly host?: string | undefined;
  /** Path of a Unix socket or named pipe, instead of port and host. */
  readonly path?: string | undefined;
  /**
   * Uses TLS: `true`, or options of `tls.connect`. The peer must prove that it is `servername`, by default the host.
   * Default: no TLS.
   */
  readonly tls?: boolean | tls.ConnectionOptions | undefined;
  /** Further options of `net.connect`, such as `family`, `localAddress` or `keepAlive`. */
  readonly socket?: Omit<Partial<net.TcpNetConnectOpts>, "onread"> | undefined;
  /** Milliseconds that connecting may take, including the TLS handshake. Default: 30 000; Infinity: no limit. */
  readonly connectTimeout?: number | undefined;
  /** Stops connecting when it aborts. It has no effect on the connection that was made. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link connect}: where and how to connect, and the options of the session. */
export interface ConnectOptions extends SessionOptions, DialOptions {}

const CONNECT_TIMEOUT = 30_000;

/**
 * Connects, and resolves with the client side of a session.
 *
 * muxado has no handshake. If the peer uses another protocol, the session notices this only when the peer sends
 * something, and then ends (`closed`). A TLS 1.3 server may refuse the client's certificate after this promise has
 * resolved.
 *
 * @throws {MuxadoError} CONNECT_FAILED; its `cause` is the error of the system or of TLS. A retry is safe.
 * @throws {RangeError | TypeError} before it connects, if an option is out of range or missing; the message names the
 * option.
 * @throws the signal's reason, if the signal aborts before the connection is established.
 */
export async function connect(options: ConnectOptions): Promise<Session> {
  checkDialOptions(options);
  checkOptions("client", options);
  options.signal?.throwIfAborted();
  const socket = socketTo(options);
  // The session is attached before the socket is connected, so that it notices every end of the socket.
  const session = attach(socket, { ...options, role: "client" });
  await established(socket, options);
  return session;
}

/**
 * Connects, and resolves with the connection as a transport, for layers below sessions such as `@muxado/resume`. Bytes
 * wait in the socket until the transport is started.
 *
 * @throws as {@link connect} does.
 */
export async function dial(options: DialOptions): Promise<Transport> {
  checkDialOptions(options);
  options.signal?.throwIfAborted();
  const socket = socketTo(options);
  // Until the transport is started, nobody else listens. It finds an error that has come before.
  socket.on("error", () => {});
  await established(socket, options);
  return transportOf(socket, options);
}

function checkDialOptions(options: DialOptions): void {
  const { port, path, connectTimeout = Infinity } = options;
  if (path === undefined && port === undefined) throw new TypeError("port or path must be given");
  if (path === undefined) checkNumber("port", port, 1, 65_535);
  checkNumber("connectTimeout", connectTimeout, 0, Infinity);
  checkBusyPoll(options);
}

function socketTo(options: DialOptions): net.Socket {
  const { path, port, host = "localhost", socket: details } = options;
  const target = path === undefined ? { ...details, port: port!, host } : { ...details, path };
  const socket = options.tls
    ? tls.connect({
        ...serverName(options),
        ...(options.tls === true ? {} : options.tls),
        ...target,
      })
    : net.connect(target);
  // Every flush already has the output of a whole turn, so waiting for more would only add latency. These two options
  // are set here, because `tls.connect` ignores them.
  socket.setNoDelay(true);
  if (details?.keepAlive) socket.setKeepAlive(true, details.keepAliveInitialDelay);
  return socket;
}

/** SNI may carry only a name. Node checks an address against the certificate, but does not send it. */
function serverName({ path, host = "localhost" }: DialOptions): tls.ConnectionOptions {
  return path === undefined && net.isIP(host) === 0 ? { servername: host } : {};
}

/** Waits until the connection is established. Destroys the socket if it cannot be. */
async function established(socket: net.Socket, options: DialOptions): Promise<void> {
  const { signal, connectTimeout = CONNECT_TIMEOUT } = options;
  const abort = signal && addAbortListener(signal, () => socket.destroy());
  const expire = (): unknown =>
    socket.destroy(new Error(`no connection within ${connectTimeout} ms`));
  const isLimited = connectTimeout !== Infinity;
  const timer = isLimited ? setTimeout(expire, Math.min(connectTimeout, LONGEST_DELAY)) : undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      socket
        .once(socket instanceof tls.TLSSocket ? "secureConnect" : "connect", resolve)
        .once("error", reject)
        .once("close", () => reject(new Error("the connection closed before it was established")));
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw connectError(error, nameOf(options));
  } finally {
    clearTimeout(timer);
    abort?.[Symbol.dispose]();
  }
}

function nameOf({ path, host = "localhost", port }: DialOptions): string {
  return path ?? `${host}:${port}`;
}
