// The kinds of connections that the contract holds for: a socket of Node's, and a stream of a session that passes for
// one. Where the two differ on purpose, the difference has a name here.

import type { Socket } from "node:net";
import { expect } from "vitest";
import { type Connection, type ConnectionPair, socketPair, streamPair } from "../connections.ts";

interface Kind {
  readonly name: string;
  readonly pair: ConnectionPair;
  /** What the far end is told by `destroy()`: of a socket, a FIN; a stream's abort never looks like an end. */
  readonly destroyLooksLike: "end" | "error";
  /** Ends a connection in such a way that the far end takes it for no end. */
  readonly reset: (connection: Connection) => void;
  /** What the callbacks are given of a write that was under way when its connection was destroyed, and of one behind. */
  readonly interruptedWrites: readonly unknown[];
}

export const kinds: readonly Kind[] = [
  {
    name: "a socket of Node's",
    pair: socketPair,
    destroyLooksLike: "end",
    reset: (socket) => (socket as Socket).resetAndDestroy(),
    interruptedWrites: [null, expect.objectContaining({ code: "ERR_STREAM_DESTROYED" })],
  },
  {
    name: "a stream of a session",
    pair: (options) => streamPair(options),
    destroyLooksLike: "error",
    reset: (duplex) => duplex.destroy(),
    // A socket's is told that all is well.
    interruptedWrites: [
      expect.objectContaining({
        code: "ECONNRESET",
        cause: expect.objectContaining({ code: "STREAM_CANCELLED", origin: "local" }),
      }),
      expect.objectContaining({ code: "ECONNRESET" }),
    ],
  },
];

/** More than either kind takes when nobody reads. */
export const TOO_MUCH = 32 * 1024 * 1024;
