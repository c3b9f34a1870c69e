// The steps that Node's sockets and HTTP/2 streams share. They use events, which is the fastest way.

import { once } from "node:events";
import type { Duplex, Readable } from "node:stream";
import {
  bulkChunks,
  BulkReader,
  type EchoPayload,
  EchoReader,
  MessageReader,
  MixedReader,
  replyTo,
} from "../payload.ts";
import type { Conversation } from "../peer.ts";

/** Reads the only message of a stream. Its sender then ends the stream. */
export function readToEnd(stream: Readable): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const message = new MessageReader();
    stream.on("data", (chunk: Buffer) => message.add(chunk));
    stream.on("end", () => resolve(message.end()));
    stream.on("error", reject);
  });
}

/** Reads the first message of a stream that stays open. */
export function readFirst(stream: Duplex): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const message = new MessageReader();
    stream.on("data", (chunk: Buffer) => {
      const body = message.add(chunk);
      if (body !== undefined) resolve(body);
    });
    stream.on("error", reject);
  });
}

/** Checks a bulk transfer, and returns its length when its sender has ended it. */
export function readBulk(stream: Duplex): Promise<number> {
  return new Promise((resolve, reject) => {
    const bulk = new BulkReader();
    stream.on("data", (chunk: Buffer) => bulk.add(chunk));
    stream.on("end", () => resolve(bulk.length));
    stream.on("error", reject);
  });
}

/** Sends a bulk transfer and ends the stream. It waits for `drain` when the stream asks for it. */
export async function writeBulk(stream: Duplex, length: number, size: number): Promise<void> {
  await writeChunks(stream, bulkChunks(length, size));
  stream.end();
}

/** Writes all of `chunks`. It waits for `drain` when the stream asks for it. */
export async function writeChunks(stream: Duplex, chunks: Iterable<Uint8Array>): Promise<void> {
  for (const chunk of chunks) {
    if (!stream.write(chunk)) await new Promise((resolve) => stream.once("drain", resolve));
  }
}

/** Returns the reply to a request or a bulk transfer, when its sender has ended it. */
export function readMixed(stream: Duplex): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const mixed = new MixedReader();
    stream.on("data", (chunk: Buffer) => mixed.add(chunk));
    stream.on("end", () => resolve(mixed.end()));
    stream.on("error", reject);
  });
}

/** Replies to each message of a stream that may stay open. When its sender ends the stream, so does this side. */
export function answerAndEnd(stream: Duplex): void {
  let message = new MessageReader();
  stream.on("data", (chunk: Buffer) => {
    const body = message.add(chunk);
    if (body === undefined) return;
    message = new MessageReader();
    stream.write(replyTo(body));
  });
  stream.on("end", () => stream.end());
  // Idle streams fail when the client's process ends, and that is no error.
  stream.on("error", () => undefined);
}

/** Sends messages over a stream, each when the one before has its answer. */
export class DuplexConversation implements Conversation {
  readonly #stream: Duplex;
  #message = new MessageReader();
  #answered: (body: Uint8Array) => void = () => {};

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => {
      const body = this.#message.add(chunk);
      if (body !== undefined) this.#answered(body);
    });
  }

  ask(body: Uint8Array): Promise<Uint8Array> {
    this.#message = new MessageReader();
    this.#stream.write(body);
    return new Promise((resolve) => {
      this.#answered = resolve;
    });
  }

  async end(): Promise<void> {
    this.#stream.end();
    await once(this.#stream, "end");
  }
}

/** Sends a payload, ends the stream, and checks meanwhile the bytes that come back. */
export async function echoThrough(stream: Duplex, payload: EchoPayload): Promise<void> {
  const back = new Promise<void>((resolve, reject) => {
    const echo = new EchoReader(payload);
    stream.on("data", (chunk: Buffer) => echo.add(chunk));
    stream.on("end", () => resolve(echo.end()));
    stream.on("error", reject);
  });
  await writeChunks(stream, payload.chunks());
  stream.end();
  await back;
}
