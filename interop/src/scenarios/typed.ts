// Typed streams and heartbeats with our end done by hand: what the peers' wrappers put on the wire, and what
// they take.

import { strict as assert } from "node:assert";
import type { Session, Stream } from "@muxado/core";
import type { Cell } from "../cell.ts";
import { echo } from "../local-stream.ts";
import { payload } from "../payload.ts";
import type { Scenario } from "../scenario.ts";

const HEARTBEAT = 0xffffffff;
const COUNT = 1_000;

export const typed: readonly Scenario[] = [
  { name: "1 000 types each way, by hand", deadline: 60_000, run: types },
  { name: "heartbeats each way, by hand", run: heartbeats },
];

async function types(cell: Cell): Promise<void> {
  const { session, remote } = await cell.connect({
    peer: { typed: true, backlog: COUNT, streamLimit: 3 * COUNT },
  });
  await remote.serve();
  void serveTypes(session);
  const [answers] = await Promise.all([
    remote.ask({ count: COUNT, bytes: 100, seed: 1, type: 7_000 }),
    ...Array.from({ length: COUNT }, (_, n) => askTyped(session, n * 4_294_967)),
  ]);
  assert.deepEqual(answers, { right: COUNT, wrong: [] });
}

/** As the peers do: the reply begins with the type that was seen. */
async function serveTypes(session: Session): Promise<void> {
  for await (const stream of session) {
    // The libraries send the type in a frame of its own.
    const type = (await stream.read())!;
    assert.equal(type.length, 4);
    await stream.write(type);
    void echo(stream);
  }
}

async function askTyped(session: Session, type: number): Promise<void> {
  const stream = session.open();
  const request = Buffer.concat([typeBytes(type), payload(100, type)]);
  await stream.write(request);
  await stream.closeWrite();
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  assert.deepEqual(Buffer.concat(chunks), request);
}

async function heartbeats(cell: Cell): Promise<void> {
  const { session, remote } = await cell.connect({
    peer: { heartbeat: { interval: 30, tolerance: 10_000 } },
  });
  // Rust answers beats only while its application accepts.
  await remote.serve();
  const theirs = await session.accept();
  assert.deepEqual(await theirs.read(), new Uint8Array(typeBytes(HEARTBEAT)));
  void echo(theirs);
  for (let beat = 0; beat < 3; beat++) assert.ok((await remote.nextBeat()).ok);
  assert.ok((await remote.beat()).ok);

  const ours = session.open();
  for (let beat = 1; beat <= 3; beat++) {
    await ours.write(
      beat === 1 ? Buffer.concat([typeBytes(HEARTBEAT), typeBytes(beat)]) : typeBytes(beat),
    );
    assert.deepEqual(await take(ours, 4), new Uint8Array(typeBytes(beat)));
  }
  // Not by FIN (R19).
  ours.reset();
  assert.ok((await remote.nextBeat()).ok);
}

/** So many bytes, in however many pieces. */
async function take(stream: Stream, length: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let taken = 0;
  while (taken < length) {
    const chunk = (await stream.read())!;
    chunks.push(chunk);
    taken += chunk.length;
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function typeBytes(type: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(type);
  return bytes;
}
