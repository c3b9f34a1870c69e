// Takes sessions from an HTTP server: decides which upgrades become WebSockets, and runs the sessions over them.

import { AsyncResource } from "node:async_hooks";
import { createServer as createHttpServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo, ListenOptions } from "node:net";
import type { Duplex } from "node:stream";
import type { CloseOptions, Session, Transport } from "@muxado/core";
import {
  type Admit,
  checkNumber,
  closedBeforeListening,
  contextBy,
  handOver,
  startListening,
  tell,
} from "@muxado/core/layers";
import { type WebSocket, WebSocketServer } from "ws";
import { attach, transportOf } from "../attach.ts";
import { checkServerOptions, type ServerOptions } from "./options.ts";
import { originRefusal } from "./origin.ts";
import { handshakeRefusal, type Refusal, refuse, requireUpgrade } from "./refusal.ts";
import { answerPings, socketOptions, warnOfOldWs } from "./socket-limits.ts";

/**
 * Called with the server side of each new session, and with the request that began it. The request has the cookies and
 * the addresses (`request.socket.remoteAddress`).
 *
 * If the handler throws or its promise rejects, the session is destroyed. The reason is then the `cause` of the error
 * that `closed` resolves with. Nothing is printed, and neither the server nor `onConnectionError` is told.
 */
export type SessionHandler = (session: Session, request: IncomingMessage) => void | Promise<void>;

/** Where a server listens: the options of `net.Server.listen`, such as `port` and `host`. */
export type { ListenOptions };

/** The close code for a client that is not admitted. */
const POLICY_VIOLATION = 1008;

/** Keeps the AsyncLocalStorage stores of its caller. */
const keepContext = contextBy(AsyncResource);

/**
 * The `upgrade` listeners of all session servers. An upgrade can have only one answer, so an HTTP server may have only
 * one of these listeners.
 */
const upgradeListeners = new WeakSet<object>();

/**
 * Makes a server of sessions over WebSocket. Call {@link Server.listen} next. This is not necessary if you give it an
 * HTTP server on which you call `listen` yourself, or if you pass upgrades to {@link Server.handleUpgrade}.
 *
 * @throws {RangeError | TypeError} if an option is out of range; the message names the option.
 * @throws {Error} if another server takes the upgrades of the HTTP server.
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

/** Takes upgrades, and runs a session over each WebSocket. Made by {@link createServer}. */
export class Server {
  /** The sessions that have not ended. */
  readonly sessions: ReadonlySet<Session>;
  readonly #sessions: Set<Session> = new Set();
  readonly #options: ServerOptions;
  readonly #onSession: SessionHandler;
  readonly #http: HttpServer | HttpsServer;
  readonly #webSockets: WebSocketServer;
  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
    this.handleUpgrade(request, socket, head);
  /** WebSockets that wait for their admission. */
  readonly #admissions: Set<WebSocket> = new Set();
  #closing = false;

  /** Prefer {@link createServer}. */
  constructor(options: ServerOptions, onSession: SessionHandler) {
    if (typeof onSession !== "function") {
      throw new TypeError(`onSession must be a function, got ${typeof onSession}`);
    }
    checkServerOptions(options);
    const { server, protocol = "muxado" } = options;
    if (server?.listeners("upgrade").some((listener) => upgradeListeners.has(listener))) {
      throw new Error(
        "another session server takes the upgrades of this HTTP server: leave out `server`, and pass upgrades to handleUpgrade",
      );
    }
    warnOfOldWs();
    this.sessions = this.#sessions;
    this.#options = options;
    this.#onSession = onSession;
    this.#webSockets = new WebSocketServer({
      ...socketOptions,
      maxPayload: options.maxPayload ?? socketOptions.maxPayload,
      perMessageDeflate: options.perMessageDeflate ?? socketOptions.perMessageDeflate,
      noServer: true,
      clientTracking: false,
      handleProtocols: () => protocol,
    }).on("wsClientError", (error, socket, request) => {
      this.#refuse({ status: 400, text: error.message }, request, socket);
    });
    this.#http =
      server ??
      createHttpServer((_request, response) => requireUpgrade(response)).on("error", (error) => {
        // Until the server listens, `listen()` reports the errors.
        if (this.#http.listening) this.#report(error);
      });
    this.#http.on("upgrade", this.#onUpgrade);
    upgradeListeners.add(this.#onUpgrade);
  }

  /**
   * Starts listening, and resolves once it does. Port 0 takes a free port; {@link port} returns its number.
   *
   * @throws the system's error, such as EADDRINUSE, and an error if the server has been closed.
   */
  async listen(options: ListenOptions): Promise<void> {
    if (this.#closing) throw closedBeforeListening();
    await startListening(this.#http, options);
  }

  /** Where the server listens: an address with its port, or the path of a Unix socket; null when it does not listen. */
  get address(): AddressInfo | string | null {
    // After a close, Node still returns the path of a Unix socket.
    return this.#http.listening ? this.#http.address() : null;
  }

  /** The TCP port that the server listens on; undefined over a Unix socket, and when it does not listen. */
  get port(): number | undefined {
    const { address } = this;
    return typeof address === "object" ? address?.port : undefined;
  }

  /**
   * Takes one upgrade, with the arguments of an HTTP server's `upgrade` event. Use it in a program that chooses the
   * server for each upgrade itself. The client may already be gone.
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!socket.readable || !socket.writable) {
      socket.destroy();
      return this.#report(new Error("the client has gone"), request);
    }
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) return this.#refuse(refusal, request, socket);
    try {
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) =>
        this.#serve(webSocket, request),
      );
    } catch (error) {
      // Other code has already made a WebSocket of this connection, so the connection must stay open.
      this.#report(error as Error, request);
    }
  }

  /**
   * Refuses one upgrade, instead of {@link handleUpgrade}: answers with a status such as 401 and with `text`, and
   * closes the connection. The client may already be gone. `onConnectionError` is called.
   *
   * @throws {RangeError} if `status` is not an error status, from 400 to 599.
   */
  refuse(request: IncomingMessage, socket: Duplex, status: number, text?: string): void {
    checkNumber("status", status, 400, 599);
    this.#refuse({ status, text: text ?? STATUS_CODES[status] ?? "refused" }, request, socket);
  }

  /**
   * Takes no more upgrades, and closes every session gracefully, at the latest at the deadline. Resolves once all
   * sessions are gone. If the server has made its HTTP server itself, it closes that, too. An HTTP server that you gave
   * it continues.
   *
   * @param options as for `Session.close`.
   * @throws {RangeError} if the timeout is not a number of milliseconds.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    if (options.timeout !== undefined) checkNumber("timeout", options.timeout, 0, Infinity);
    this.#closing = true;
    const isOwn = this.#options.server === undefined;
    const stopped = isOwn
      ? new Promise<void>((resolve) => this.#http.close(() => resolve()))
      : undefined;
    await Promise.all([...this.#sessions].map((session) => session.close(options)));
    for (const webSocket of this.#admissions) webSocket.terminate();
    // The listener is removed only now: without a listener, Node treats an upgrade as an ordinary request.
    this.#http.off("upgrade", this.#onUpgrade);
    // The remaining connections have no session.
    if (isOwn) this.#http.closeAllConnections();
    await stopped;
  }

  /** Calls {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #refusalOf(request: IncomingMessage): Refusal | undefined {
    const { path, origins = "same-host", maxConnections = Infinity } = this.#options;
    const { protocol = "muxado" } = this.#options;
    if (path !== undefined && request.url?.split("?", 1)[0] !== path) {
      return { status: 404, text: "there is nothing at this path" };
    }
    const refusal = handshakeRefusal(request) ?? originRefusal(origins, request);
    if (refusal !== undefined) return refusal;
    const offered = request.headers["sec-websocket-protocol"] ?? "";
    if (!offered.split(",").some((name) => name.trim() === protocol)) {
      return { status: 400, text: `Sec-WebSocket-Protocol must offer ${protocol}` };
    }
    if (this.#closing) return { status: 503, text: "the server is closing" };
    if (this.#sessions.size + this.#admissions.size < maxConnections) return undefined;
    return { status: 503, text: "there are too many sessions" };
  }

  #refuse(refusal: Refusal, request: IncomingMessage, socket: Duplex): void {
    refuse(socket, refusal);
    const { status, text } = refusal;
    // The cause of the refusal becomes the cause of the error.
    this.#report(new Error(`refused with ${status}: ${text}`, refusal), request);
  }

  #serve(webSocket: WebSocket, request: IncomingMessage): void {
    answerPings(webSocket);
    const transport = transportOf(webSocket, this.#options);
    // Before the transport is started, and after it has ended, nobody else listens.
    webSocket.on("error", ignore);
    if (this.#options.admit === undefined) this.#begin(transport, request);
    else void this.#admit(this.#options.admit, transport, webSocket, request);
  }

  async #admit(
    admit: Admit<IncomingMessage>,
    transport: Transport,
    webSocket: WebSocket,
    request: IncomingMessage,
  ): Promise<void> {
    this.#admissions.add(webSocket);
    try {
      const admitted = await admit(transport, request);
      if (admitted === null) return;
      if (this.#closing) admitted.destroy();
      else this.#begin(admitted, request);
    } catch (error) {
      // An answer may still be on its way.
      webSocket.close(POLICY_VIOLATION);
      this.#report(error as Error, request);
    } finally {
      this.#admissions.delete(webSocket);
    }
  }

  #begin(transport: Transport, request: IncomingMessage): void {
    let session: Session;
    try {
      session = attach(transport, {
        keepContext,
        ...this.#options,
        role: "server",
      });
    } catch (error) {
      // The constructor has checked the options, so a hook of the application has failed.
      transport.destroy();
      return this.#report(error as Error, request);
    }
    this.#sessions.add(session);
    void session.closed.then(() => this.#sessions.delete(session));
    void handOver(session, () => this.#onSession(session, request));
  }

  /** Reports an error to the application. Callers do this last, because the callback may run any code. */
  #report(...told: [error: Error, request?: IncomingMessage]): void {
    tell(() => this.#options.onConnectionError?.(...told));
  }
}

function ignore(): void {}
