// Typed streams, ours against the peers' own: types of every size, from both sides at once.

import { strict as assert } from "node:assert";
import { TypedSession, type TypedStream } from "@muxado/typed";
import type { Cell } from "../cell.ts";
import { payload } from "../payload.ts";
import type { Scenario } from "../scenario.ts";

const COUNT = 1_000;

export const typed: readonly Scenario[] = [{ name: "1 000 types each way", run: types }];

async function types(cell: Cell): Promise<void> {
  const { session: untyped, remote } = await cell.connect({
    peer: { typed: true, backlog: COUNT, streamLimit: 3 * COUNT },
  });
  const session = new TypedSession(untyped);
  await remote.serve();
  serveTypes(session);
  const [answers] = await Promise.all([
    remote.ask({ count: COUNT, bytes: 100, seed: 1, type: 7_000 }),
    ...Array.from({ length: COUNT }, (_, n) => askTyped(session, n * 4_294_967)),
  ]);
  assert.deepEqual(answers, { right: COUNT, wrong: [] });
}

/** Serves as the peers do: the reply begins with the type of the stream, and then repeats the bytes of the request. */
export function serveTypes(session: TypedSession): void {
  void session.serve({}, { otherwise: reply });
}

async function reply(stream: TypedStream): Promise<void> {
  await stream.write(typeBytes(stream.type));
  await stream.readable.pipeTo(stream.writable);
}

/** Opens a stream of that type, and checks that the peer has received the type and all bytes after it. */
export async function askTyped(session: TypedSession, type: number): Promise<void> {
  const stream = session.open({ type });
  const request = payload(100, type);
  await stream.write(request);
  await stream.closeWrite();
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  assert.deepEqual(Buffer.concat(chunks), Buffer.concat([typeBytes(type), request]));
}

function typeBytes(type: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(type);
  return bytes;
}
