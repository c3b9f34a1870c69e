// Our streams as Web Streams: the portable form, which fetch, compression and files use.

import type { Session, Stream } from "@muxado/core";
import { bulkChunks, BulkReader, bulkReply, MessageReader, replyTo } from "../payload.ts";
import type { Connection } from "../peer.ts";
import type { Face } from "./face.ts";

export const webStreams: Face = {
  handlers: {
    async open(stream) {
      await finish(stream, replyTo(await readMessage(stream)));
    },

    async bulk(stream) {
      const bulk = new BulkReader();
      for await (const chunk of stream.readable) bulk.add(chunk);
      await finish(stream, bulkReply(bulk.length));
    },
  },

  use: (session) => new WebConnection(session),
};

async function readMessage(stream: Stream): Promise<Uint8Array> {
  const message = new MessageReader();
  for await (const chunk of stream.readable) message.add(chunk);
  return message.end();
}

async function finish(stream: Stream, message: Uint8Array): Promise<void> {
  const writer = stream.writable.getWriter();
  await writer.write(message);
  await writer.close();
}

class WebConnection implements Connection {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async exchange(body: Uint8Array): Promise<Uint8Array> {
    const stream = this.#session.open();
    await finish(stream, body);
    return readMessage(stream);
  }

  async upload(length: number, size: number): Promise<Uint8Array> {
    const stream = this.#session.open();
    const writer = stream.writable.getWriter();
    for (const chunk of bulkChunks(length, size)) await writer.write(chunk);
    await writer.close();
    return readMessage(stream);
  }

  hold(): never {
    throw new Error("only opens and bulk transfers");
  }
}
