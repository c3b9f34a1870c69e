// The steps that sockets and HTTP/2 streams of Node's have in common, with events: the fastest way to use them.

import type { Duplex, Readable } from "node:stream";
import { bulkChunks, BulkReader, MessageReader } from "../payload.ts";

/** The only message of a stream that its sender then ends. */
export function readToEnd(stream: Readable): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const message = new MessageReader();
    stream.on("data", (chunk: Buffer) => message.add(chunk));
    stream.on("end", () => resolve(message.end()));
    stream.on("error", reject);
  });
}

/** The first message of a stream that stays open. */
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

/** Sends a bulk transfer and ends the stream, heeding its back-pressure. */
export async function writeBulk(stream: Duplex, length: number, size: number): Promise<void> {
  for (const chunk of bulkChunks(length, size)) {
    if (!stream.write(chunk)) await new Promise((resolve) => stream.once("drain", resolve));
  }
  stream.end();
}
