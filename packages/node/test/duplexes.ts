// Helpers for tests of a Duplex: its events, its state, its bytes, and the result of a write.

import { once } from "node:events";
import type { Duplex, Readable, Writable } from "node:stream";
import { expect } from "vitest";
import type { Connection } from "./connections.ts";

/** Returns the events of a stream, in order, as they are emitted. */
export function lifeOf(stream: Duplex): string[] {
  const events: string[] = [];
  for (const name of ["end", "finish", "error", "close"]) {
    stream.on(name, () => events.push(name));
  }
  return events;
}

/** Returns all bytes until the end. Unlike an iteration, this does not change the other direction. */
export async function heard(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await once(
    stream.on("data", (chunk: Buffer) => chunks.push(chunk)),
    "end",
  );
  return Buffer.concat(chunks);
}

/** Checks only the properties in `state`: a Duplex has accessors, and its contents may be large. */
export function expectState(
  stream: Connection,
  state: { readonly [Name in keyof Connection]?: unknown },
) {
  const names = Object.keys(state) as (keyof Connection)[];
  expect(Object.fromEntries(names.map((name) => [name, stream[name]]))).toEqual(state);
}

/** Sends `chunk` and waits for the callback of the write. */
export function write(
  stream: Writable,
  chunk: Uint8Array | string,
): Promise<Error | null | undefined> {
  return new Promise((done) => stream.write(chunk, done));
}
