// The work of the server with a session. The path of the URL that the page connects to selects a handler.

import type { Session } from "@muxado/core";
import { Checksum, content } from "./content.ts";
import { type Progress, Stall, textOf } from "./progress.ts";

/** Serves one session until it ends. */
export type Handler = (
  session: Session,
  query: URLSearchParams,
  progress: Progress,
) => Promise<void>;

export const handlers: Readonly<Record<string, Handler>> = {
  "/echo": echo,
  "/fail": fail,
  "/gulp": gulp,
  "/open": open,
  "/sink": sink,
  "/source": source,
  "/stall": stall,
};

/** Sends back all bytes. */
async function echo(session: Session): Promise<void> {
  for await (const stream of session) {
    stream.readable.pipeTo(stream.writable).catch(() => stream.reset());
  }
}

/** Does the same, and sends the page a text on each of `streams` streams at once. Each text is different. */
async function open(session: Session, query: URLSearchParams, progress: Progress): Promise<void> {
  const asked = Array.from({ length: Number(query.get("streams")) }, async (_, index) => {
    const stream = session.open();
    const answer = new Response(stream.readable).text();
    answer.catch(() => {}); // the write fails as well
    const text = textOf("server", index);
    await stream.write(new TextEncoder().encode(text));
    await stream.closeWrite();
    if ((await answer) !== text) throw new Error(`stream ${index}: another text has come back`);
    progress.answered++;
  });
  await Promise.all([echo(session), ...asked]);
}

/** Reads each stream to its end, and answers with the checksum. Pauses at `pauseAt` bytes until `go` is requested. */
async function sink(session: Session, query: URLSearchParams, progress: Progress): Promise<void> {
  const pauseAt = Number(query.get("pauseAt") ?? Infinity);
  for await (const stream of session) {
    const checksum = new Checksum();
    for await (const chunk of stream) {
      checksum.add(chunk);
      progress.read += chunk.length;
      if (progress.read >= pauseAt) {
        progress.receiveWindow ||= stream.stats().receiveWindow;
        await progress.goOn;
      }
    }
    await stream.write(new TextEncoder().encode(String(checksum)));
    await stream.close();
  }
}

/** Sends `length` bytes on each stream, and records their checksum. */
async function source(session: Session, query: URLSearchParams, progress: Progress): Promise<void> {
  const length = Number(query.get("length"));
  for await (const stream of session) {
    const checksum = new Checksum();
    for (const chunk of content(length)) {
      await stream.write(chunk);
      checksum.add(chunk);
      progress.written += chunk.length;
    }
    progress.checksum = String(checksum);
    await stream.close();
  }
}

/** Reads, and sends nothing. After `blockAt` bytes, its thread is blocked for three seconds. */
async function gulp(session: Session, query: URLSearchParams, progress: Progress): Promise<void> {
  const blockAt = Number(query.get("blockAt"));
  for await (const stream of session) {
    await stream.closeWrite();
    const checksum = new Checksum();
    let isAhead = true;
    for await (const chunk of stream) {
      checksum.add(chunk);
      progress.read += chunk.length;
      if (isAhead && progress.read >= blockAt) {
        isAhead = false;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000);
      }
    }
    progress.checksum = String(checksum);
  }
}

/** Sends `length` bytes on each stream. Destroys the session once half of them are written. */
async function fail(session: Session, query: URLSearchParams, progress: Progress): Promise<void> {
  const length = Number(query.get("length"));
  for await (const stream of session) {
    for (const chunk of content(length)) {
      await stream.write(chunk);
      progress.written += chunk.length;
      if (progress.written >= length / 2) return session.destroy(new Error("out of order"));
    }
  }
}

/** Does what the first byte of each stream asks for, and then nothing more. */
async function stall(session: Session, _: URLSearchParams, progress: Progress): Promise<void> {
  for await (const stream of session) {
    const chunk = await stream.read();
    if (chunk?.[0] === Stall.answer) await stream.write(new Uint8Array(1));
    if (chunk?.[0] === Stall.halfClose) await stream.closeWrite();
    progress.answered++;
  }
}
