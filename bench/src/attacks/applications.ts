// The work of the server's application with its streams: streams under attack, and streams that wait when a session
// ends.

import { setImmediate as nextTurn } from "node:timers/promises";
import type { Session, Stream } from "@muxado/core";
import { toDuplex } from "@muxado/node";

/** Called when a stream that waited has settled because it ended. */
type Settle = () => void;

/** The work of an attacked application with one stream. */
export const apps = {
  /** Like the server of the README: reads to the end, answers, closes. */
  answer: (stream: Stream): void => void answer(stream).catch(() => stream.reset()),
  /** Accepts, and does nothing more. */
  hold: (stream: Stream): void => void held.push(stream),
  /** Reads the bytes that the peer sends on streams that the server opened. */
  open: (stream: Stream): void => void readToEnd(stream).catch(() => stream.reset()),
} satisfies Record<string, (stream: Stream) => void>;

export type App = keyof typeof apps;

const held: Stream[] = [];

const REPLY = new TextEncoder().encode("That was all, and this is the answer to it.");

async function answer(stream: Stream): Promise<void> {
  await readToEnd(stream);
  await stream.write(REPLY);
  await stream.close();
}

async function readToEnd(stream: Stream): Promise<number> {
  let length = 0;
  for await (const chunk of stream) length += chunk.length;
  return length;
}

/** Total bytes that a {@link waits.write} test writes. It is more than the buffers of two sockets on loopback hold. */
const WRITTEN = 48 * 1024 * 1024;

/** The ways in which an application can wait for a stream. `count` streams wait. */
export const waits = {
  nothing: (_stream, settle) => settle(),
  read: (stream, settle) => void stream.read().then(settle, settle),
  "for await": (stream, settle) => void readToEnd(stream).then(settle, settle),
  write: (stream, settle, count) =>
    void stream.write(new Uint8Array(Math.ceil(WRITTEN / count))).then(settle, settle),
  observe: (stream, settle) => {
    const look = (): void => {
      try {
        stream.take();
      } catch {
        settle();
      }
    };
    stream.observe({ onReadable: look, onWritable: look });
  },
  "Web reader": (stream, settle) => void stream.readable.getReader().read().then(settle, settle),
  Duplex: (stream, settle) => {
    toDuplex(stream)
      .on("error", () => undefined)
      .on("close", settle)
      .resume();
  },
} satisfies Record<string, (stream: Stream, settle: Settle, count: number) => void>;

export type Wait = keyof typeof waits;

export const waitNames: readonly Wait[] = Object.keys(waits) as Wait[];

/** Streams that are opened in one turn. The number is small enough to block nothing. */
const AT_ONCE = 1_000;

/** Opens `count` streams and hands each to `begin`. */
export async function openMany(
  session: Session,
  count: number,
  begin: (stream: Stream) => void,
): Promise<void> {
  for (let opened = 0; opened < count; opened++) {
    begin(session.open());
    if (opened % AT_ONCE === 0) await nextTurn();
  }
}
