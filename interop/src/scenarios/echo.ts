// Bytes there and back on one stream at a time. Either side opens the stream.

import { strict as assert } from "node:assert";
import type { Cell } from "../cell.ts";
import { ask, serve } from "../local-stream.ts";
import { digestOf } from "../payload.ts";
import type { Scenario } from "../scenario.ts";

const SIZES = [
  ["1 B", 1],
  ["64 B", 64],
  ["64 KiB", 64 * 1024],
  ["32 MiB", 32 * 1024 * 1024],
] as const;

export const echoes: readonly Scenario[] = SIZES.map(([name, bytes]) => ({
  name: `echo of ${name}`,
  run: (cell) => echoBothWays(cell, bytes),
}));

async function echoBothWays(cell: Cell, bytes: number): Promise<void> {
  const { session, remote } = await cell.connect();
  await remote.serve();
  await ask(session, bytes, 1);
  const { bytes: seen, sha256, end } = await remote.served();
  assert.deepEqual({ bytes: seen, sha256, end }, digestOf(bytes, 1), "what the peer received");

  const served = serve(session);
  assert.deepEqual(await remote.ask({ count: 1, bytes, seed: 2 }), { right: 1, wrong: [] });
  assert.deepEqual(served, [digestOf(bytes, 2)], "what we received");
}
