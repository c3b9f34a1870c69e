// A server in another process. Each connection is joined with a new connection to that server.

import * as net from "node:net";
import { type Duplex, pipeline } from "node:stream";
import type { Session } from "@muxado/core";
import { toDuplex } from "@muxado/node";
import { HOST } from "./link.ts";
import type { Target } from "./target.ts";

/** Joins connections with connections to a local port. */
export class Forwarder implements Target {
  readonly allowHalfOpen = true;
  readonly #port: number;
  readonly #sockets: Set<net.Socket> = new Set();

  constructor(port: number) {
    this.#port = port;
  }

  take(connection: Duplex): void {
    join(connection, this.#dial());
  }

  /** Joins a stream only when the server has accepted the connection: until then, the stream can be refused. */
  async serve(session: Session): Promise<void> {
    for await (const stream of session) {
      const socket = this.#dial();
      const refuse = (): void => stream.reset("STREAM_REFUSED");
      socket.once("error", refuse).once("connect", () => {
        socket.off("error", refuse);
        join(toDuplex(stream, { allowHalfOpen: true }), socket);
      });
    }
  }

  #dial(): net.Socket {
    const socket = net.connect({
      host: HOST,
      port: this.#port,
      allowHalfOpen: true,
      // A library's single write arrives in pieces. No piece may wait until the one before it is confirmed.
      noDelay: true,
    });
    this.#sockets.add(socket);
    return socket.once("close", () => this.#sockets.delete(socket));
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}

/** Copies the output of each Duplex to the other, and passes on its end and its failure. */
export function join(one: Duplex, other: Duplex): void {
  pipeline(one, other, one, () => {
    // Both have been destroyed, so both programs know of the failure.
  });
}
