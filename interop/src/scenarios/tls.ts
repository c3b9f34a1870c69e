// The same over TLS. Most users of the Go library use it over TLS.

import { strict as assert } from "node:assert";
import type { Cell } from "../cell.ts";
import { ask, serve } from "../local-stream.ts";
import type { Scenario } from "../scenario.ts";

export const tls: readonly Scenario[] = [
  {
    name: "TLS: echoes up to 32 MiB, and a drain",
    only: ["go", "yamux-go"],
    run: overTls,
  },
];

async function overTls(cell: Cell): Promise<void> {
  const { session, remote } = await cell.connect({ tls: true });
  await remote.serve();
  serve(session);
  for (const bytes of [1, 64 * 1024, 32 * 1024 * 1024]) {
    await ask(session, bytes, 1);
    assert.deepEqual(await remote.ask({ count: 1, bytes, seed: 2 }), { right: 1, wrong: [] });
  }
  await session.close();
  assert.equal((await session.closed).localError, undefined);
  if (cell.peer.wire === "muxado") assert.equal((await remote.ended()).remote?.code, 0);
}
