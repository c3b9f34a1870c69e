// A page: the platform's WebSocket, and the page's own transports.

import {
  type Session,
  Session as AnySession,
  type Transport,
  type TransportInput,
} from "@muxado/core";
import { attach, connect } from "@muxado/ws";

export async function connected(): Promise<Session> {
  const session = await connect("wss://example.net/", { protocols: ["muxado"], signal: undefined });
  const socket = new WebSocket("wss://example.net/", "muxado");
  const another = await connect(new URL("wss://example.net/"), { WebSocket });
  another.destroy();
  session.destroy();
  return attach(socket, { role: "client" });
}

/** A page can send a session's output by all its own means: over a WebSocket, or as a Blob over a port. */
export class PortTransport implements Transport {
  readonly #port: MessagePort;
  readonly #socket: WebSocket;

  constructor(port: MessagePort, socket: WebSocket) {
    this.#port = port;
    this.#socket = socket;
  }

  start(input: TransportInput): void {
    this.#port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) =>
      input.receive(new Uint8Array(data));
  }

  write(chunks: Uint8Array<ArrayBuffer>[]): void {
    for (const chunk of chunks) this.#socket.send(chunk);
    this.#port.postMessage(new Blob(chunks));
  }

  end(): void {
    this.#port.close();
  }

  destroy(): void {
    this.#port.close();
  }
}

export function over(port: MessagePort, socket: WebSocket): Session {
  return new AnySession(new PortTransport(port, socket), "client");
}
