// Our streams as the READMEs show them: promises and async iteration.

import type { Session, Stream } from "@muxado/core";
import {
  bulkChunks,
  BulkReader,
  bulkReply,
  type EchoPayload,
  EchoReader,
  MessageReader,
  MixedReader,
  replyTo,
} from "../payload.ts";
import type { Connection, Conversation } from "../peer.ts";
import type { Face } from "./face.ts";

export const promises: Face = {
  handlers: {
    async open(stream) {
      const message = new MessageReader();
      for await (const chunk of stream) message.add(chunk);
      await stream.write(replyTo(message.end()));
      await stream.close();
    },

    async bulk(stream) {
      const bulk = new BulkReader();
      for await (const chunk of stream) bulk.add(chunk);
      await stream.write(bulkReply(bulk.length));
      await stream.close();
    },

    async echo(stream) {
      for await (const chunk of stream) await stream.write(chunk);
      await stream.close();
    },

    async messages(stream) {
      let message = new MessageReader();
      for await (const chunk of stream) {
        const body = message.add(chunk);
        if (body === undefined) continue;
        await stream.write(replyTo(body));
        message = new MessageReader();
      }
      await stream.close();
    },

    idle: (stream) => answerFirst(stream, keepOnly),

    async scale(stream) {
      await stream.write(replyTo(await readMessage(stream)));
      if ((await untilMore(stream)) === null) await stream.close();
    },

    async mixed(stream) {
      const mixed = new MixedReader();
      for await (const chunk of stream) mixed.add(chunk);
      await stream.write(mixed.end());
      await stream.close();
    },
  },

  use: (session) => new PromiseConnection(session, keepOnly),

  async join(inward, outward) {
    await Promise.all([carry(inward, outward), carry(outward, inward)]);
  },
};

/** Carries one direction of a relay. */
async function carry(from: Stream, to: Stream): Promise<void> {
  for await (const chunk of from) await to.write(chunk);
  await to.closeWrite();
}

/** With streams on which a read waits while they are idle. */
export const readingPromises: Face = {
  handlers: { idle: (stream) => answerFirst(stream, readOn) },
  use: (session) => new PromiseConnection(session, readOn),
};

/** Handles a stream that has no more work and stays open. */
type Rest = (stream: Stream) => void;

const kept: Stream[] = [];

function keepOnly(stream: Stream): void {
  kept.push(stream);
}

function readOn(stream: Stream): void {
  kept.push(stream);
  void untilMore(stream);
}

/** Waits on a stream that may be idle forever. The wait fails when the client's process ends, and that is no error. */
function untilMore(stream: Stream): Promise<Uint8Array | null | undefined> {
  return stream.read().catch(() => undefined);
}

async function answerFirst(stream: Stream, rest: Rest): Promise<void> {
  await stream.write(replyTo(await readMessage(stream)));
  rest(stream);
}

async function readMessage(stream: Stream): Promise<Uint8Array> {
  const message = new MessageReader();
  for (;;) {
    const chunk = await stream.read();
    if (chunk === null) throw new Error("the stream ended early");
    const body = message.add(chunk);
    if (body !== undefined) return body;
  }
}

export class PromiseConnection implements Connection {
  protected readonly session: Session;
  readonly #rest: Rest;

  constructor(session: Session, rest: Rest) {
    this.session = session;
    this.#rest = rest;
  }

  async exchange(body: Uint8Array): Promise<Uint8Array> {
    const stream = this.session.open();
    await stream.write(body);
    await stream.closeWrite();
    const message = new MessageReader();
    for await (const chunk of stream) message.add(chunk);
    return message.end();
  }

  async upload(length: number, size: number): Promise<Uint8Array> {
    const stream = this.session.open();
    for (const chunk of bulkChunks(length, size)) await stream.write(chunk);
    await stream.closeWrite();
    const message = new MessageReader();
    for await (const chunk of stream) message.add(chunk);
    return message.end();
  }

  async hold(body: Uint8Array): Promise<Uint8Array> {
    const stream = this.session.open();
    await stream.write(body);
    const reply = await readMessage(stream);
    this.#rest(stream);
    return reply;
  }

  async converse(): Promise<Conversation> {
    return new StreamConversation(this.session.open());
  }

  async echo(payload: EchoPayload): Promise<void> {
    const stream = this.session.open();
    const sent = writeAll(stream, payload);
    const echo = new EchoReader(payload);
    for await (const chunk of stream) echo.add(chunk);
    echo.end();
    await sent;
  }
}

class StreamConversation implements Conversation {
  readonly #stream: Stream;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  async ask(body: Uint8Array): Promise<Uint8Array> {
    await this.#stream.write(body);
    return readMessage(this.#stream);
  }

  async end(): Promise<void> {
    await this.#stream.closeWrite();
    if ((await this.#stream.read()) !== null) throw new Error("more answers than messages");
  }
}

export async function writeAll(stream: Stream, payload: EchoPayload): Promise<void> {
  for (const chunk of payload.chunks()) await stream.write(chunk);
  await stream.closeWrite();
}
