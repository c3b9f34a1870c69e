// Connects: opens a WebSocket with a session over it.

import {
  type Session,
  type SessionOptions,
  systemClock,
  type Timer,
  type Transport,
} from "@muxado/core";
import { checkNumber, checkOptions, LONGEST_DELAY } from "@muxado/core/layers";
import { attach, type TransportOptions, transportOf } from "./attach.ts";
import { closure, connectError } from "./errors.ts";
import { hangUp, type WebSocketLike } from "./web-socket.ts";

/** A class of WebSockets: that of the platform, that of the `ws` package, or a class derived from one of them. */
export type WebSocketConstructor = new (
  url: string | URL,
  protocols?: string | string[],
) => WebSocketLike;

/** Options of {@link dial}: how to connect. */
export interface DialOptions extends TransportOptions {
  /**
   * The subprotocols to offer; the server has to choose one of them. Default: `muxado`. With an empty list, no
   * subprotocol is offered, and the server must not choose one.
   */
  readonly protocols?: string | readonly string[] | undefined;
  /** The class of the WebSocket. Default: that of the platform. Node has one from version 22 on. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /** Milliseconds that connecting may take, including the handshakes. Default: 30 000; Infinity: no limit. */
  readonly connectTimeout?: number | undefined;
  /** Stops connecting when it aborts. It has no effect on the connection that was made. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link connect}: how to connect, and the options of the session. */
export interface ConnectOptions extends DialOptions, SessionOptions {}

const CONNECT_TIMEOUT = 30_000;

/**
 * Connects, and resolves with the client side of a session.
 *
 * @throws {MuxadoError} CONNECT_FAILED; its `cause` is the error of the platform, which may lack details. A retry is
 * safe.
 * @throws {RangeError | TypeError} before it connects, if an option is out of range or missing; the message names the
 * option.
 * @throws the error of the WebSocket's constructor, such as a SyntaxError for an invalid URL.
 * @throws the signal's reason, if the signal aborts before the connection is established.
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Session> {
  checkOptions("client", options);
  const socket = socketTo(url, options);
  // The session is attached before the WebSocket is open, so that it notices every end of the WebSocket.
  let session: Session;
  try {
    session = attach(socket, { ...options, role: "client" });
  } catch (error) {
    // A hook of the application has failed. Without a listener, a later `error` event of the WebSocket would be an
    // uncaught exception.
    socket.addEventListener("error", () => {});
    hangUp(socket);
    throw error;
  }
  const failed = session.closed.then(({ localError }) => localError?.cause ?? localError);
  await established(socket, failed, url, options);
  return session;
}

/**
 * Connects, and resolves with the connection as a transport, for layers below sessions such as `@muxado/resume`. Start
 * the transport at once: messages that arrive before that are lost.
 *
 * @throws as {@link connect} does.
 */
export async function dial(url: string | URL, options: DialOptions = {}): Promise<Transport> {
  const socket = socketTo(url, options);
  // Without a listener, an `error` event of `ws` would be an uncaught exception.
  const failed = new Promise((resolve) => {
    socket.addEventListener("error", ({ error }) => error && resolve(error));
    socket.addEventListener("close", ({ code, reason }) => resolve(closure(code!, reason!)));
  });
  await established(socket, failed, url, options);
  return transportOf(socket, options);
}

function socketTo(url: string | URL, options: DialOptions): WebSocketLike {
  const { connectTimeout = CONNECT_TIMEOUT, signal } = options;
  checkNumber("connectTimeout", connectTimeout, 0, Infinity);
  signal?.throwIfAborted();
  const WebSocket = options.WebSocket ?? (globalThis.WebSocket as WebSocketConstructor | undefined);
  if (WebSocket === undefined) {
    throw new TypeError("WebSocket must be given: this platform has none");
  }
  return new WebSocket(url, offeredBy(options));
}

function offeredBy({ protocols = "muxado" }: DialOptions): string[] {
  return [protocols].flat();
}

/** Waits until the WebSocket is open. Hangs up if it does not open. `failed` resolves with the reason, if it fails. */
async function established(
  socket: WebSocketLike,
  failed: Promise<unknown>,
  url: string | URL,
  options: DialOptions,
): Promise<void> {
  const { signal, connectTimeout = CONNECT_TIMEOUT, clock = systemClock } = options;
  const offered = offeredBy(options);
  let abort!: () => void;
  let timer: Timer | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      abort = () => reject(signal!.reason as Error);
      signal?.addEventListener("abort", abort);
      if (connectTimeout !== Infinity) {
        const expire = (): void => reject(new Error(`no connection within ${connectTimeout} ms`));
        timer = clock.setTimer(expire, Math.min(connectTimeout, LONGEST_DELAY));
      }
      socket.addEventListener("open", function opened() {
        socket.removeEventListener("open", opened);
        if (offered.length === 0 || offered.includes(socket.protocol)) resolve();
        else reject(new Error(`the server has chosen none of ${offered.join(", ")}`));
      });
      void failed.then(reject);
    });
  } catch (error) {
    hangUp(socket);
    signal?.throwIfAborted();
    throw connectError(url, error);
  } finally {
    timer?.cancel();
    signal?.removeEventListener("abort", abort);
  }
}
