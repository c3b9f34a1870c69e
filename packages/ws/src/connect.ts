// Connects: opens a WebSocket with a session over it.

import { type Session, type SessionOptions, systemClock, type Timer } from "@muxado/core";
import { checkNumber, checkOptions, LONGEST_DELAY } from "@muxado/core/layers";
import { attach } from "./attach.ts";
import { connectError } from "./errors.ts";
import { hangUp, type WebSocketLike } from "./web-socket.ts";

/** A class of WebSockets: that of the platform, that of the `ws` package, or a class derived from one of them. */
export type WebSocketConstructor = new (
  url: string | URL,
  protocols?: string | string[],
) => WebSocketLike;

/** Options of {@link connect}: how to connect, and the options of the session. */
export interface ConnectOptions extends SessionOptions {
  /**
   * The subprotocols to offer; the server has to choose one of them. Default: `muxado`. With an empty list, no
   * subprotocol is offered, and the server must not choose one.
   */
  readonly protocols?: string | readonly string[] | undefined;
  /** The class of the WebSocket. Default: that of the platform. Node has one from version 22 on. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /** Milliseconds that connecting may take, including the handshakes. Default: 30 000; Infinity: no limit. */
  readonly connectTimeout?: number | undefined;
  /** Stops connecting when it aborts. It has no effect on the session that `connect` has returned. */
  readonly signal?: AbortSignal | undefined;
}

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
  const { protocols = "muxado", connectTimeout = CONNECT_TIMEOUT, signal } = options;
  checkNumber("connectTimeout", connectTimeout, 0, Infinity);
  checkOptions("client", options);
  signal?.throwIfAborted();
  const WebSocket = options.WebSocket ?? (globalThis.WebSocket as WebSocketConstructor | undefined);
  if (WebSocket === undefined) {
    throw new TypeError("WebSocket must be given: this platform has none");
  }
  const offered = [protocols].flat();
  const socket = new WebSocket(url, offered);
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
  try {
    await established(socket, session, offered, options);
  } catch (error) {
    hangUp(socket);
    signal?.throwIfAborted();
    throw connectError(url, error);
  }
  return session;
}

/** Waits until the WebSocket is open. */
async function established(
  socket: WebSocketLike,
  session: Session,
  offered: readonly string[],
  options: ConnectOptions,
): Promise<void> {
  const { signal, connectTimeout = CONNECT_TIMEOUT, clock = systemClock } = options;
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
      void session.closed.then(({ localError }) => reject(localError?.cause ?? localError));
    });
  } finally {
    timer?.cancel();
    signal?.removeEventListener("abort", abort);
  }
}
