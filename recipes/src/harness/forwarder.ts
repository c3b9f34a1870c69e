// A server in another process: each connection is joined with one of its own to the server.

import * as net from "node:net";
import { type Duplex, pipeline } from "node:stream";
import type { Session } from "@muxado/core";
import { HOST } from "./link.ts";
import { serveStreams, type Target } from "./target.ts";

/** Joins connections with those to a port of this machine. */
export class Forwarder implements Target {
  readonly allowHalfOpen = true;
  readonly #port: number;
  readonly #sockets: Set<net.Socket> = new Set();

  constructor(port: number) {
    this.#port = port;
  }

  take(connection: Duplex): void {
    const socket = net.connect({
      host: HOST,
      port: this.#port,
      allowHalfOpen: true,
      // What a library wrote at once arrives in pieces: none of them waits until the one before it is confirmed.
      noDelay: true,
    });
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    join(connection, socket);
  }

  serve(session: Session): Promise<void> {
    return serveStreams(session, this);
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}

/** Carries what comes out of either to the other, with its end and its failure. */
export function join(one: Duplex, other: Duplex): void {
  pipeline(one, other, one, () => {
    // Both have been destroyed: their programs know from them.
  });
}
