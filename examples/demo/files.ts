// The client's streams: a stream carries a file to the server and its SHA-256 back, and the client compares.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Session, Stream } from "@muxado/core";
import { exchange, forEach } from "./exchange.ts";
import { type Summary, Tally } from "./tally.ts";

/** Sends every file on a stream of its own, and compares each answer with the file on disk. */
export async function sendFiles(session: Session, paths: readonly string[]): Promise<Summary> {
  const tally = new Tally();
  await forEach(paths, async (path) => {
    const answer = await exchange(session, createReadStream(path), tally);
    const expected = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    if (answer === expected) return;
    tally.mismatches++;
    console.error(`${path}: ${expected} on disk, ${answer} from the server`);
  });
  return tally.summary();
}

/** The other side: answers every stream with the SHA-256 of the bytes that it carried. */
export async function hashFiles(session: Session): Promise<void> {
  for await (const stream of session) {
    hashFile(stream).catch(() => stream.reset("INTERNAL_ERROR"));
  }
}

async function hashFile(stream: Stream): Promise<void> {
  const hash = createHash("sha256");
  for await (const chunk of stream) hash.update(chunk);
  await stream.write(Buffer.from(hash.digest("hex")));
  await stream.closeWrite();
}
