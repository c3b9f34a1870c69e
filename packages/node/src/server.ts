// A TCP, TLS or Unix socket server that runs a session over each connection.

import * as net from "node:net";
import * as tls from "node:tls";
import type { CloseOptions, Session, SessionOptions, Transport } from "@muxado/core";
import {
  type Admit,
  checkNumber,
  checkOptions,
  handOver,
  startListening,
  tell,
} from "@muxado/core/layers";
import { attachOver, transportOf } from "./attach.ts";
import { type BusyPollOptions, checkBusyPoll } from "./busy-poll.ts";
import { handshakeError } from "./errors.ts";

/** Options of {@link createServer}, including those of TLS and of every session. */
export interface ServerOptions extends SessionOptions, BusyPollOptions {
  /** Uses TLS: options of `tls.createServer`, above all `key` and `cert`. Default: no TLS. */
  readonly tls?: tls.TlsOptions | undefined;
  /**
   * Connections that may be open at once, including those whose TLS handshake is under way. The server closes any
   * further connection immediately. Default: no limit.
   */
  readonly maxConnections?: number | undefined;
  /**
   * Takes each new connection before there is a session, for layers below sessions: `admit` of a `ResumeServer` of
   * `@muxado/resume`. The second argument is the socket. Default: each connection becomes a session at once.
   */
  readonly admit?: Admit<net.Socket> | undefined;
  /**
   * Called with the error for each connection that did not become a session: the TLS handshake has failed, or the
   * system could not accept the connection. The server continues. Default: the server ignores the error.
   */
  readonly onConnectionError?: ((error: Error) => void) | undefined;
}

/** Where a server listens: options of `net.Server.listen`, such as `port`, `host`, or `path` for a Unix socket. */
export type ListenOptions = net.ListenOptions;

/**
 * Called with the server side of each new session, and with the socket beneath it. The socket has the addresses and
 * certificates; it is a `tls.TLSSocket` if the server uses TLS. Only the session may read, write and end it: it emits no
 * `data` events.
 *
 * If the handler throws or its promise rejects, the session is destroyed. The reason is then the `cause` of the error
 * that `closed` resolves with. Nothing is printed, and neither the server nor `onConnectionError` is told.
 */
export type SessionHandler = (session: Session, socket: net.Socket) => void | Promise<void>;

/**
 * Makes a server of sessions; call {@link Server.listen} next.
 *
 * @throws {RangeError | TypeError} if an option is out of range; the message names the option. Also the errors of
 * `tls.createServer`.
 */
export function createServer(options: ServerOptions, onSession: SessionHandler): Server;
/** Makes a server of sessions with the default options. */
export function createServer(onSession: SessionHandler): Server;
export function createServer(
  first: ServerOptions | SessionHandler,
  onSession?: SessionHandler,
): Server {
  return typeof first === "function" ? new Server({}, first) : new Server(first, onSession!);
}

/** Listens, and runs a session over each connection. Made by {@link createServer}. */
export class Server {
  /** The sessions that have not ended. */
  readonly sessions: ReadonlySet<Session>;
  readonly #sessions: Set<Session> = new Set();
  readonly #options: ServerOptions;
  readonly #onSession: SessionHandler;
  readonly #listener: net.Server;
  /** Every open connection, including those whose TLS handshake is under way. */
  readonly #connections: Set<net.Socket> = new Set();

  /** Prefer {@link createServer}. */
  constructor(options: ServerOptions, onSession: SessionHandler) {
    if (typeof onSession !== "function") {
      throw new TypeError(`onSession must be a function, got ${typeof onSession}`);
    }
    checkOptions("server", options);
    checkBusyPoll(options);
    const { maxConnections } = options;
    if (maxConnections !== undefined) checkNumber("maxConnections", maxConnections, 1, Infinity);
    this.sessions = this.#sessions;
    this.#options = options;
    this.#onSession = onSession;
    const serve = (socket: net.Socket): void => this.#serve(socket);
    this.#listener =
      options.tls === undefined
        ? net.createServer({ noDelay: true }, serve)
        : tls
            .createServer({ noDelay: true, ...options.tls }, serve)
            .on("tlsClientError", (error, socket) => {
              this.#report(handshakeError(error, socket));
              // Node does not close a socket whose handshake has timed out.
              socket.destroy();
            });
    if (maxConnections !== undefined) this.#listener.maxConnections = maxConnections;
    this.#listener
      .on("connection", (socket: net.Socket) => {
        this.#connections.add(socket);
        socket.once("close", () => this.#connections.delete(socket));
      })
      // Until the server listens, `listen()` reports the errors.
      .on("error", (error) => this.#listener.listening && this.#report(error));
  }

  /**
   * Starts listening, and resolves once it does. Port 0 takes a free port; {@link port} returns its number.
   *
   * @throws the system's error, such as EADDRINUSE.
   */
  listen(options: ListenOptions): Promise<void> {
    return startListening(this.#listener, options);
  }

  /** Where the server listens: an address with its port, or the path of a Unix socket; null when it does not listen. */
  get address(): net.AddressInfo | string | null {
    // After a close, Node still returns the path of a Unix socket.
    return this.#listener.listening ? this.#listener.address() : null;
  }

  /** The TCP port that the server listens on; undefined over a Unix socket, and when it does not listen. */
  get port(): number | undefined {
    const { address } = this;
    return typeof address === "object" ? address?.port : undefined;
  }

  /**
   * Stops listening, and closes every session gracefully, at the latest at the deadline. Resolves once all sessions are
   * gone.
   *
   * @param options as for `Session.close`.
   * @throws {RangeError} if the timeout is not a number of milliseconds.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    if (options.timeout !== undefined) checkNumber("timeout", options.timeout, 0, Infinity);
    const stopped = new Promise<void>((resolve) => {
      this.#listener.close(() => resolve());
    });
    await Promise.all([...this.#sessions].map((session) => session.close(options)));
    // The remaining connections have no session, because their TLS handshake is still under way.
    for (const connection of this.#connections) connection.destroy();
    await stopped;
  }

  /** Calls {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #serve(socket: net.Socket): void {
    // A TLS handshake may end while the server closes. Then it is too late for a session.
    if (!this.#listener.listening) {
      socket.destroy();
      return;
    }
    const transport = transportOf(socket, this.#options);
    if (this.#options.admit === undefined) this.#begin(transport, socket);
    else void this.#admit(this.#options.admit, transport, socket);
  }

  async #admit(admit: Admit<net.Socket>, transport: Transport, socket: net.Socket): Promise<void> {
    try {
      const admitted = await admit(transport, socket);
      if (admitted === null) return;
      if (this.#listener.listening) this.#begin(admitted, socket);
      else admitted.destroy();
    } catch (error) {
      // An answer may still be on its way.
      socket.destroySoon();
      this.#report(error as Error);
    }
  }

  #begin(transport: Transport, socket: net.Socket): void {
    let session: Session;
    try {
      session = attachOver(transport, socket, { ...this.#options, role: "server" });
    } catch (error) {
      // The constructor has checked the options, so a hook of the application has failed.
      transport.destroy();
      return this.#report(error as Error);
    }
    this.#sessions.add(session);
    void session.closed.then(() => this.#sessions.delete(session));
    void handOver(session, () => this.#onSession(session, socket));
  }

  #report(error: Error): void {
    tell(() => this.#options.onConnectionError?.(error));
  }
}
