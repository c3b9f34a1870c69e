// Echoes over bare sockets that stay open. One socket carries one echo after the other: the bar for echoes over one
// stream. Or there are as many sockets as streams: the bar for echoes over several streams.

import type { Duplex } from "node:stream";
import { type EchoPayload, EchoReader } from "../payload.ts";
import type { Connection, NodePeer } from "../peer.ts";
import { writeChunks } from "./node-streams.ts";

/**
 * Makes a peer whose echoes go over as many connections as there are streams, from `one`, whose echoes go over one
 * connection. `module` is its module.
 */
export function pooled(one: NodePeer, module: string): NodePeer {
  return {
    ...one,
    name: `${one.name}-pool`,
    description: `${module}, a connection for each echo under way, kept for the next`,
    multiplexes: true,
    supports: ({ kind, streams }) => kind === "echo" && streams > 1,
  };
}

/** Connects, and passes each chunk that arrives to `receive`, which keeps none. */
export type Dial = (receive: (chunk: Buffer) => void) => Promise<Duplex>;

/** Makes a connection for each echo that is under way, and keeps it for the next echo. */
export class EchoPool implements Connection {
  readonly #dial: Dial;
  readonly #free: EchoSocket[] = [];

  constructor(dial: Dial) {
    this.#dial = dial;
  }

  async echo(payload: EchoPayload): Promise<void> {
    const socket = this.#free.pop() ?? (await EchoSocket.by(this.#dial));
    await socket.echo(payload);
    this.#free.push(socket);
  }

  exchange(): never {
    throw new Error("only echoes");
  }

  upload(): never {
    throw new Error("only echoes");
  }

  hold(): never {
    throw new Error("only echoes");
  }
}

/** Made by {@link EchoSocket.by}. */
class EchoSocket {
  #socket!: Duplex;
  #add: (chunk: Uint8Array) => void = () => {};

  static async by(dial: Dial): Promise<EchoSocket> {
    const made = new EchoSocket();
    made.#socket = await dial((chunk) => made.#add(chunk));
    return made;
  }

  async echo(payload: EchoPayload): Promise<void> {
    const echo = new EchoReader(payload);
    const back = new Promise<void>((resolve) => {
      this.#add = (chunk) => {
        echo.add(chunk);
        if (echo.isWhole) resolve();
      };
    });
    await writeChunks(this.#socket, payload.chunks());
    await back;
  }
}
