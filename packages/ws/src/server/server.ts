// Taking sessions from an HTTP server: which upgrades become WebSockets, and the sessions over them.

import { AsyncResource } from "node:async_hooks";
import { createServer as createHttpServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { Server as HttpServer } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo, ListenOptions } from "node:net";
import type { Duplex } from "node:stream";
import { type CloseOptions, type Session } from "@muxado/core";
import {
  checkNumber,
  closedBeforeListening,
  contextBy,
  handOver,
  reportThrown,
  startListening,
} from "@muxado/core/layers";
import { type WebSocket, WebSocketServer } from "ws";
import { attach } from "../attach.ts";
import { checkServerOptions, type ServerOptions } from "./options.ts";
import { originRefusal } from "./origin.ts";
import { handshakeRefusal, type Refusal, refuse, requireUpgrade } from "./refusal.ts";
import { answerPings, socketOptions, warnOfOldWs } from "./socket-limits.ts";

/**
 * Called with each new session, its server side, and with the request that began it, to ask for cookies and
 * addresses (`request.socket.remoteAddress`).
 *
 * If it throws or its promise rejects, that destroys the session, and the reason is the `cause` in what
 * `closed` tells. Nothing is printed, and neither the server nor `onConnectionError` hears of it.
 */
export type SessionHandler = (session: Session, request: IncomingMessage) => void | Promise<void>;

/** Where a server listens: what `net.Server.listen` takes, such as `port` and `host`. */
export type { ListenOptions };

/** Keeps the AsyncLocalStorage stores of its caller. */
const keepContext = contextBy(AsyncResource);

/** Listeners to upgrades of all session servers: an upgrade has one answer, and so an HTTP server has one of them. */
const upgradeListeners = new WeakSet<object>();

/**
 * A server of sessions over WebSocket. Call {@link Server.listen} next, unless an HTTP server was given that
 * listens by itself, or upgrades are handed to {@link Server.handleUpgrade}.
 *
 * @throws {RangeError | TypeError} naming the option that is out of range.
 * @throws {Error} if another server takes the upgrades of the HTTP server.
 */
export function createServer(options: ServerOptions, onSession: SessionHandler): Server;
/** A server of sessions with nothing but defaults. */
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
        "another createServer takes the upgrades of this HTTP server: leave out `server`, and hand them over with handleUpgrade",
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
        // What goes wrong before it listens is told by listen().
        if (this.#http.listening) this.#report(error);
      });
    this.#http.on("upgrade", this.#onUpgrade);
    upgradeListeners.add(this.#onUpgrade);
  }

  /**
   * Starts listening. Resolves once it does; port 0 takes a free one, which {@link port} then tells.
   *
   * @throws the system's error, such as EADDRINUSE, and an error if the server has been closed.
   */
  async listen(options: ListenOptions): Promise<void> {
    if (this.#closing) throw closedBeforeListening();
    await startListening(this.#http, options);
  }

  /** Where it listens: an address with its port, or the path of a Unix socket; null when it does not. */
  get address(): AddressInfo | string | null {
    // Node goes on telling the path of a Unix socket.
    return this.#http.listening ? this.#http.address() : null;
  }

  /** The TCP port it listens on; undefined over a Unix socket, and when it does not listen. */
  get port(): number | undefined {
    const { address } = this;
    return typeof address === "object" ? address?.port : undefined;
  }

  /**
   * Takes one upgrade, with the arguments of an HTTP server's `upgrade` event: for programs that decide by
   * themselves who gets which. Its client may have gone.
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
      // Somebody else has made a WebSocket of it, whose it is.
      this.#report(error as Error, request);
    }
  }

  /**
   * Refuses one upgrade, instead of {@link handleUpgrade}: answers with a status such as 401 and with `text`, and
   * hangs up. Its client may have gone. `onConnectionError` is told.
   *
   * @throws {RangeError} if `status` is not one of an error, from 400 to 599.
   */
  refuse(request: IncomingMessage, socket: Duplex, status: number, text?: string): void {
    checkNumber("status", status, 400, 599);
    this.#refuse({ status, text: text ?? STATUS_CODES[status] ?? "refused" }, request, socket);
  }

  /**
   * Takes no more upgrades and closes every session gracefully, by a deadline. Resolves once all are gone, with
   * an HTTP server of its own; one that was given goes on.
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
    // Also its listener, only now: without one, Node takes an upgrade for an ordinary request.
    this.#http.off("upgrade", this.#onUpgrade);
    // What is left never became a session.
    if (isOwn) this.#http.closeAllConnections();
    await stopped;
  }

  /** {@link close}, for `await using`. */
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
    if (this.#sessions.size < maxConnections) return undefined;
    return { status: 503, text: "there are too many sessions" };
  }

  #refuse(refusal: Refusal, request: IncomingMessage, socket: Duplex): void {
    refuse(socket, refusal);
    const { status, text } = refusal;
    // Its cause becomes the error's.
    this.#report(new Error(`refused with ${status}: ${text}`, refusal), request);
  }

  #serve(webSocket: WebSocket, request: IncomingMessage): void {
    answerPings(webSocket);
    let session: Session;
    try {
      session = attach(webSocket, {
        keepContext,
        ...this.#options,
        role: "server",
      });
    } catch (error) {
      // The options were checked before: a hook of the application's has failed.
      webSocket.on("error", ignore).terminate();
      return this.#report(error as Error, request);
    }
    this.#sessions.add(session);
    void session.closed.then(() => this.#sessions.delete(session));
    void handOver(session, () => this.#onSession(session, request));
  }

  /** Last of all, whatever it is about: what it throws is no reason to leave anything undone. */
  #report(...told: [error: Error, request?: IncomingMessage]): void {
    try {
      this.#options.onConnectionError?.(...told);
    } catch (thrown) {
      reportThrown(thrown);
    }
  }
}

function ignore(): void {}
