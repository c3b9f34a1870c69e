// Echoes over sockets that stay: one after the other over one, the bar for those over one stream; or over as many as
// there are streams, the bar for those over several.

import type { Duplex } from "node:stream";
import { type EchoPayload, EchoReader } from "../payload.ts";
import type { Connection } from "../peer.ts";
import { writeChunks } from "./node-streams.ts";

/** All that these connections can do. */
abstract class OnlyEchoes implements Connection {
  abstract echo(payload: EchoPayload): Promise<void>;

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

export class EchoConnection extends OnlyEchoes {
  readonly #socket: Duplex;
  #add: (chunk: Uint8Array) => void = () => {};

  constructor(socket: Duplex) {
    super();
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
}

/** Makes a connection for each echo that is under way, and keeps it for the next. */
export class EchoPool extends OnlyEchoes {
  readonly #dial: () => Promise<EchoConnection>;
  readonly #free: EchoConnection[] = [];

  constructor(dial: () => Promise<EchoConnection>) {
    super();
    this.#dial = dial;
  }

  async echo(payload: EchoPayload): Promise<void> {
    const connection = this.#free.pop() ?? (await this.#dial());
    await connection.echo(payload);
    this.#free.push(connection);
  }
}
