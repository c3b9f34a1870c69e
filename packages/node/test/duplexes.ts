// Questions that tests ask of a Duplex: its life, its state, all that comes on it, and how a write has ended.

import { once } from "node:events";
import type { Duplex, Readable, Writable } from "node:stream";
import { expect } from "vitest";
import type { Connection } from "./connections.ts";

/** The events of a life, in order, as they come. */
export function lifeOf(stream: Duplex): string[] {
  const events: string[] = [];
  for (const name of ["end", "finish", "error", "close"]) {
    stream.on(name, () => events.push(name));
  }
  return events;
}

/** All that comes until the end. Unlike an iteration, it leaves the other direction as it is. */
export async function heard(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await once(
    stream.on("data", (chunk: Buffer) => chunks.push(chunk)),
    "end",
  );
  return Buffer.concat(chunks);
}

/** What `state` names, of `stream`: its properties are accessors, and its contents may be large. */
export function expectState(
  stream: Connection,
  state: { readonly [Name in keyof Connection]?: unknown },
) {
  const names = Object.keys(state) as (keyof Connection)[];
  expect(Object.fromEntries(names.map((name) => [name, stream[name]]))).toEqual(state);
}

/** Sends `chunk` and waits for the write's callback. */
export function write(
  stream: Writable,
  chunk: Uint8Array | string,
): Promise<Error | null | undefined> {
  return new Promise((done) => stream.write(chunk, done));
}
