// The kinds of connections that the contract applies to: a socket of Node, and a stream's Duplex. Where the two differ
// on purpose, the difference has a name here.

import type { Socket } from "node:net";
import { expect } from "vitest";
import { type Connection, type ConnectionPair, socketPair, streamPair } from "../connections.ts";

interface Kind {
  readonly name: string;
  readonly pair: ConnectionPair;
  /** How `destroy()` looks to the far end. A socket sends a FIN; a stream's abort never looks like an end. */
  readonly destroyLooksLike: "end" | "error";
  /** Ends a connection so that the far end does not take it for an end. */
  readonly reset: (connection: Connection) => void;
  /**
   * The arguments of the callbacks of two writes: one under way when its connection was destroyed, and one behind it.
   */
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
    // The callback of a socket gets no error.
    interruptedWrites: [
      expect.objectContaining({
        code: "ECONNRESET",
        cause: expect.objectContaining({ code: "STREAM_CANCELLED", origin: "local" }),
      }),
      expect.objectContaining({ code: "ECONNRESET" }),
    ],
  },
];

/** More bytes than either kind takes when nobody reads. */
export const TOO_MUCH = 32 * 1024 * 1024;
