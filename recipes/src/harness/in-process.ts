// A server in this process that takes any Duplex as a connection.

import type { Duplex } from "node:stream";
import type { Session } from "@muxado/core";
import { type ConnectionServer, serveHttp } from "@muxado/node";
import { serveStreams, type Target } from "./target.ts";

/** Passes connections to a function. */
export class InProcess implements Target {
  readonly allowHalfOpen: boolean;
  readonly #onConnection: (connection: Duplex) => void;
  readonly #connections: Set<Duplex> = new Set();

  constructor(onConnection: (connection: Duplex) => void, allowHalfOpen = false) {
    this.allowHalfOpen = allowHalfOpen;
    this.#onConnection = onConnection;
  }

  take(connection: Duplex): void {
    this.#connections.add(connection);
    connection.once("close", () => this.#connections.delete(connection));
    this.#onConnection(connection);
  }

  serve(session: Session): Promise<void> {
    return serveStreams(session, this);
  }

  cut(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}

/** Passes connections to an HTTP server, which need not listen. */
export class HttpTarget extends InProcess {
  constructor(server: ConnectionServer) {
    super((connection) => server.emit("connection", connection));
  }

  override serve(session: Session): Promise<void> {
    const emit = (_event: "connection", connection: Duplex): boolean => {
      this.take(connection);
      return true;
    };
    return serveHttp(session, { emit });
  }
}
