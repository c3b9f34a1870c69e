// A link over plain TCP, for comparison: a listener passes each connection to the target.

import { once } from "node:events";
import * as net from "node:net";
import { HOST, type Link } from "./link.ts";
import type { Target } from "./target.ts";

/** One listener, and its connections. */
export class TcpLink implements Link {
  readonly kind = "tcp";
  readonly host = HOST;
  readonly port: number;
  readonly source = undefined;
  readonly #listener: net.Server;
  readonly #sockets: Set<net.Socket>;
  readonly #target: Target;

  private constructor(listener: net.Server, sockets: Set<net.Socket>, target: Target) {
    this.#listener = listener;
    this.#sockets = sockets;
    this.#target = target;
    this.port = (listener.address() as net.AddressInfo).port;
  }

  static async open(target: Target): Promise<TcpLink> {
    const sockets: Set<net.Socket> = new Set();
    const listener = net.createServer({ allowHalfOpen: target.allowHalfOpen }, (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      target.take(socket);
    });
    listener.listen(0, HOST);
    await once(listener, "listening");
    return new TcpLink(listener, sockets, target);
  }

  cut(): void {
    this.#target.cut();
  }

  async lose(): Promise<void> {
    const closed = once(this.#listener, "close");
    this.#listener.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  async restore(): Promise<void> {
    this.#listener.listen(this.port, HOST);
    await once(this.#listener, "listening");
  }

  /** Resolves when every connection has ended. The library has to end them. */
  async close(): Promise<string> {
    const closed = once(this.#listener, "close");
    this.#listener.close();
    await closed;
    return "";
  }
}
