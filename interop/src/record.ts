// Makes the recordings anew: `pnpm run interop --record`.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Role } from "@muxado/core";
import { Cell } from "./cell.ts";
import { conversationsOn } from "./conversations.ts";
import type { Peer } from "./peers.ts";
import { Proxy } from "./proxy.ts";
import { packChunks, type Recording, type Recordings } from "./recording.ts";

/** Records every conversation with `peer`, in each of the roles, and writes them to its file. */
export async function record(peer: Peer, roles: readonly Role[]): Promise<void> {
  const recordings: Recording[] = [];
  for (const { name, peer: options, ours, theirs } of conversationsOn(peer.wire)) {
    for (const role of roles) {
      const cell = new Cell(name, peer, role);
      const proxy = new Proxy({ keepsChunks: true });
      const connection = await cell.connect({ proxy, ...(options && { peer: options }) });
      const [story] = await Promise.all([ours(connection.session), theirs(connection.remote)]);
      recordings.push({ conversation: name, role, story, ...packChunks(proxy.chunks) });
      await cell.end();
    }
  }
  const file: Recordings = { format: 1, peer: peer.version, recordings };
  const path = fileURLToPath(new URL(`../recordings/${peer.library}.json`, import.meta.url));
  writeFileSync(path, `${JSON.stringify(file, undefined, 2)}\n`);
  console.log(`${peer.name}: ${recordings.length} conversations`);
}
