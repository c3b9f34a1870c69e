// A local port that leads through the session, for libraries that make their connections themselves.

import { once } from "node:events";
import * as net from "node:net";
import { createConnection, type StreamSource } from "@muxado/node";
import { join } from "./forwarder.ts";
import { HOST } from "./link.ts";

/** A listener that joins each connection with a stream. */
export class LocalForward {
  /** The port that it listens on. */
  readonly port: number;
  readonly #listener: net.Server;

  private constructor(listener: net.Server) {
    this.#listener = listener;
    this.port = (listener.address() as net.AddressInfo).port;
  }

  static async listen(source: StreamSource): Promise<LocalForward> {
    const listener = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      join(socket, createConnection(source, { allowHalfOpen: true })),
    );
    listener.listen(0, HOST);
    await once(listener, "listening");
    return new LocalForward(listener);
  }

  /** Resolves when all its connections have ended. */
  async close(): Promise<void> {
    const closed = once(this.#listener, "close");
    this.#listener.close();
    await closed;
  }
}
