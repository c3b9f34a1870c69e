// Our streams as Duplexes of Node, with events: for programs that were written for sockets.

import type { Session, Stream } from "@muxado/core";
import { type StreamDuplex, toDuplex } from "@muxado/node";
import { bulkReply, type EchoPayload, replyTo } from "../payload.ts";
import type { Connection } from "../peer.ts";
import type { Face } from "./face.ts";
import {
  answerAndEnd,
  echoThrough,
  readBulk,
  readFirst,
  readMixed,
  readToEnd,
  writeBulk,
} from "./node-streams.ts";

export const duplexes: Face = {
  handlers: {
    async open(accepted) {
      const stream = serving(accepted);
      stream.end(replyTo(await readToEnd(stream)));
    },

    async bulk(accepted) {
      const stream = serving(accepted);
      stream.end(bulkReply(await readBulk(stream)));
    },

    echo(accepted) {
      const stream = serving(accepted);
      stream.pipe(stream);
    },

    async idle(accepted) {
      const stream = serving(accepted);
      stream.write(replyTo(await readFirst(stream)));
      kept.push(stream);
    },

    scale: (accepted) => answerAndEnd(serving(accepted)),

    async mixed(accepted) {
      const stream = serving(accepted);
      stream.end(await readMixed(stream));
    },
  },

  use: (session) => new DuplexConnection(session),
};

/** After the end of a request, the server still writes the answer. */
function serving(accepted: Stream): StreamDuplex {
  return toDuplex(accepted, { allowHalfOpen: true });
}

const kept: StreamDuplex[] = [];

class DuplexConnection implements Connection {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  exchange(body: Uint8Array): Promise<Uint8Array> {
    const stream = toDuplex(this.#session.open());
    stream.end(body);
    return readToEnd(stream);
  }

  async upload(length: number, size: number): Promise<Uint8Array> {
    const stream = toDuplex(this.#session.open());
    const reply = readToEnd(stream);
    await writeBulk(stream, length, size);
    return reply;
  }

  hold(body: Uint8Array): Promise<Uint8Array> {
    const stream = toDuplex(this.#session.open());
    stream.write(body);
    kept.push(stream);
    return readFirst(stream);
  }

  echo(payload: EchoPayload): Promise<void> {
    return echoThrough(toDuplex(this.#session.open()), payload);
  }
}
