// A server in another process: each connection is joined with one of its own to the server.

import * as net from "node:net";
import { type Duplex, pipeline } from "node:stream";
import type { Session } from "@muxado/core";
import { toDuplex } from "@muxado/node";
import { HOST } from "./link.ts";
import type { Target } from "./target.ts";

/** Joins connections with those to a port of this machine. */
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

  /** A stream is joined when the server has taken the connection: before that, it can be refused. */
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
      // What a library wrote at once arrives in pieces: none of them waits until the one before it is confirmed.
      noDelay: true,
    });
    this.#sockets.add(socket);
    return socket.once("close", () => this.#sockets.delete(socket));
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
