// Dialing: a WebSocket with a session over it.

import { type Session, type SessionOptions, systemClock, type Timer } from "@muxado/core";
import { checkNumber, checkOptions, LONGEST_DELAY } from "@muxado/core/layers";
import { attach } from "./attach.ts";
import { connectError } from "./errors.ts";
import { hangUp, type WebSocketLike } from "./web-socket.ts";

/** Makes WebSockets: the platform's class, that of the `ws` package, or one derived from them. */
export type WebSocketConstructor = new (
  url: string | URL,
  protocols?: string | string[],
) => WebSocketLike;

/** Options of {@link connect}: how to connect, and those of the session. */
export interface ConnectOptions extends SessionOptions {
  /**
   * The subprotocols to offer, of which the server has to choose one. Default: `muxado`. An empty list offers
   * none, and then the server may not choose one.
   */
  readonly protocols?: string | readonly string[] | undefined;
  /** What makes the WebSocket. Default: the platform's, which Node has from version 22 on. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /** Milliseconds until the connection, with its handshakes, must stand. Default: 30 000; Infinity: no limit. */
  readonly connectTimeout?: number | undefined;
  /** Gives up connecting when it aborts; of no effect on the session afterwards. */
  readonly signal?: AbortSignal | undefined;
}

const CONNECT_TIMEOUT = 30_000;

/**
 * Connects, and resolves with the client side of a session.
 *
 * @throws {MuxadoError} CONNECT_FAILED, with the platform's error as its cause as far as that tells; safe to retry.
 * @throws {RangeError | TypeError} naming the option that is out of range or missing, before anything is dialed.
 * @throws what the WebSocket's constructor throws, such as a SyntaxError for what is no URL.
 * @throws the signal's reason, if it aborts first.
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
  // Before the connection stands, so that no end of it can go unnoticed in between.
  let session: Session;
  try {
    session = attach(socket, { ...options, role: "client" });
  } catch (error) {
    // A hook of the application's has failed. Nobody else would hear that the connection does.
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

/** Waits for the connection to stand. */
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
        else reject(new Error(`the server speaks none of ${offered.join(", ")}`));
      });
      void session.closed.then(({ localError }) => reject(localError?.cause ?? localError));
    });
  } finally {
    timer?.cancel();
    signal?.removeEventListener("abort", abort);
  }
}
