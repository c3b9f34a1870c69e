// Echoes over one socket that stays, one after the other: the bar for those over one stream.

import type { Duplex } from "node:stream";
import { type EchoPayload, EchoReader } from "../payload.ts";
import type { Connection } from "../peer.ts";
import { writeChunks } from "./node-streams.ts";

export class EchoConnection implements Connection {
  readonly #socket: Duplex;
  #add: (chunk: Uint8Array) => void = () => {};

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#add(chunk));
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
