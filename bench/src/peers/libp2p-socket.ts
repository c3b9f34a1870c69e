// A socket of node:net in the form of the connection that libp2p's multiplexers need. It writes each frame at once, as
// libp2p's own TCP transport does. Or it gathers frames that are written together into one system call, as ours does.

import type * as net from "node:net";
import type { Logger, MessageStreamDirection } from "@libp2p/interface";
import { AbstractMessageStream, type SendResult } from "@libp2p/utils";
import type { Uint8ArrayList } from "uint8arraylist";

export class SocketStream extends AbstractMessageStream {
  readonly #socket: net.Socket;
  readonly #gathers: boolean;
  #corked = false;

  constructor(socket: net.Socket, direction: MessageStreamDirection, gathers: boolean) {
    super({ log: silent, direction });
    this.#socket = socket;
    this.#gathers = gathers;
    socket.on("data", (chunk: Buffer) => this.onData(chunk));
    socket.on("drain", () => this.safeDispatchEvent("drain"));
    socket.on("error", (error) => this.abort(error));
    socket.on("close", () => this.onTransportClosed());
  }

  sendData(data: Uint8ArrayList): SendResult {
    if (this.#gathers) this.#gather();
    let canSendMore = true;
    // Writes all parts, whatever the socket returns. The socket keeps the bytes that it cannot send, and the
    // multiplexer then waits.
    for (const part of data) canSendMore = this.#socket.write(part);
    return { sentBytes: data.byteLength, canSendMore };
  }

  sendReset(): void {
    this.#socket.resetAndDestroy();
  }

  sendPause(): void {
    this.#socket.pause();
  }

  sendResume(): void {
    this.#socket.resume();
  }

  async close(): Promise<void> {
    this.#socket.end();
  }

  /**
   * Writes of microtasks, and so of settled promises, still join the gathered frames. This is as fast as gathering for
   * one turn of the event loop.
   */
  #gather(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    queueMicrotask(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }
}

/** Logs nothing, at the least cost that a log can have. */
const silent: Logger = Object.assign(() => {}, {
  error: () => {},
  trace: () => {},
  enabled: false,
  newScope: () => silent,
});
