// Dialing: a TCP, TLS or Unix socket connection with a session over it.

import { addAbortListener } from "node:events";
import * as net from "node:net";
import * as tls from "node:tls";
import { type Session, type SessionOptions } from "@muxado/core";
import { checkNumber, checkOptions, LONGEST_DELAY } from "@muxado/core/layers";
import { attach } from "./attach.ts";
import { type BusyPollOptions, checkBusyPoll } from "./busy-poll.ts";
import { connectError } from "./errors.ts";

/** Options of {@link connect}: where to, how, and those of the session. */
export interface ConnectOptions extends SessionOptions, BusyPollOptions {
  /** TCP port; goes with `host`. */
  readonly port?: number | undefined;
  /** Host name or address. Default: localhost. */
  readonly host?: string | undefined;
  /** Unix socket, or named pipe, instead of port and host. */
  readonly path?: string | undefined;
  /**
   * Speaks TLS: `true`, or what `tls.connect` takes. The peer must prove to be `servername`, by default the
   * host. Default: plain.
   */
  readonly tls?: boolean | tls.ConnectionOptions | undefined;
  /** Further options of `net.connect`, such as `family`, `localAddress` or `keepAlive`. */
  readonly socket?: Omit<Partial<net.TcpNetConnectOpts>, "onread"> | undefined;
  /** Milliseconds until the connection, with the TLS handshake, must stand. Default: 30 000; Infinity: no limit. */
  readonly connectTimeout?: number | undefined;
  /** Gives up connecting when it aborts; of no effect on the session afterwards. */
  readonly signal?: AbortSignal | undefined;
}

const CONNECT_TIMEOUT = 30_000;

/**
 * Connects, and resolves with the client side of a session.
 *
 * muxado has no handshake: that the peer speaks something else shows only when it speaks, as an end of the
 * session (`closed`). Likewise, a TLS 1.3 server may refuse the client's certificate only afterwards.
 *
 * @throws {MuxadoError} CONNECT_FAILED, with the system's or TLS's error as its cause; safe to retry.
 * @throws {RangeError | TypeError} naming the option that is out of range or missing, before anything is dialed.
 * @throws the signal's reason, if it aborts first.
 */
export async function connect(options: ConnectOptions): Promise<Session> {
  checkConnectOptions(options);
  options.signal?.throwIfAborted();
  const socket = dial(options);
  // Before the connection stands, so that no end of it can go unnoticed in between.
  const session = attach(socket, { ...options, role: "client" });
  await established(socket, options);
  return session;
}

function checkConnectOptions(options: ConnectOptions): void {
  const { port, path, connectTimeout = Infinity } = options;
  if (path === undefined && port === undefined) throw new TypeError("port or path must be given");
  if (path === undefined) checkNumber("port", port, 1, 65_535);
  checkNumber("connectTimeout", connectTimeout, 0, Infinity);
  checkOptions("client", options);
  checkBusyPoll(options);
}

function dial(options: ConnectOptions): net.Socket {
  const { path, port, host = "localhost", socket: details } = options;
  const target = path === undefined ? { ...details, port: port!, host } : { ...details, path };
  const socket = options.tls
    ? tls.connect({
        ...serverName(options),
        ...(options.tls === true ? {} : options.tls),
        ...target,
      })
    : net.connect(target);
  // Every flush is a whole turn's output already: waiting for more would only add latency. Set here, because
  // tls.connect takes no notice of these two options.
  socket.setNoDelay(true);
  if (details?.keepAlive) socket.setKeepAlive(true, details.keepAliveInitialDelay);
  return socket;
}

/** SNI is for names only: an address is checked against the certificate, but never sent. */
function serverName({ path, host = "localhost" }: ConnectOptions): tls.ConnectionOptions {
  return path === undefined && net.isIP(host) === 0 ? { servername: host } : {};
}

/** Waits for the connection to stand; destroys the socket if that does not come to pass. */
async function established(socket: net.Socket, options: ConnectOptions): Promise<void> {
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
        .once("close", () => reject(new Error("the connection closed before it stood")));
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw connectError(error, nameOf(options));
  } finally {
    clearTimeout(timer);
    abort?.[Symbol.dispose]();
  }
}

function nameOf({ path, host = "localhost", port }: ConnectOptions): string {
  return path ?? `${host}:${port}`;
}
