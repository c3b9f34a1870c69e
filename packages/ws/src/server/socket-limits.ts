// Limits on the memory that a peer can make a socket of `ws` hold. `ws` keeps most of them by itself, but it does not
// limit answers to pings.

import { WebSocketServer } from "ws";

/**
 * Options for a `WebSocketServer` or a `WebSocket` of the `ws` package that carries sessions: the limits that {@link
 * createServer} sets. With them, `ws` leaves pings to {@link answerPings}.
 */
export const socketOptions: {
  /** False: see {@link answerPings}. */
  readonly autoPong: boolean;
  /** Largest message, in bytes: sixteen times the largest that this package sends. */
  readonly maxPayload: number;
  /**
   * Fragments of a message. We send a message in one frame; a proxy in between may cut it, but not into so many pieces.
   */
  readonly maxFragments: number;
  /** Pieces in which one frame may arrive. Each piece has a cost. */
  readonly maxBufferedChunks: number;
  /** False: compression costs much memory and time for each connection. */
  readonly perMessageDeflate: boolean;
} = {
  autoPong: false,
  maxPayload: 1024 * 1024,
  maxFragments: 1024,
  maxBufferedChunks: 16 * 1024,
  perMessageDeflate: false,
};

/** Bytes that wait for a peer. From this number on, its pings are not answered. */
const MOST_WAITING = 64 * 1024;

/**
 * The members of a `ws` socket that {@link answerPings} needs. Declared here, because not every user has the types of
 * `ws`.
 */
export interface PingedSocket {
  /** Bytes that have been sent and have not left. */
  readonly bufferedAmount: number;
  /** Listens to pings and the data that they carry. */
  on(type: "ping", listener: (data: Buffer) => void): unknown;
  /** Sends an answer to a ping. */
  pong(data: Buffer, mask: boolean | undefined, done: () => void): void;
}

/**
 * Answers the pings of the peer of a `ws` socket that was made with {@link socketOptions}, as long as the peer reads
 * the answers. On its own, `ws` would keep an answer to every ping for a peer that reads none.
 */
export function answerPings(socket: PingedSocket): void {
  socket.on("ping", (data) => {
    // The peer may miss some pongs, but gets the latest one, unless it does not read.
    if (socket.bufferedAmount < MOST_WAITING) socket.pong(data, undefined, ignore);
  });
}

let hasWarned = false;

/**
 * Warns once if the installed `ws` does not know the limits on pieces of messages. An older `ws` ignores options that
 * it does not know.
 */
export function warnOfOldWs(): void {
  // Bun replaces `ws` with its own, which nobody can update. The documentation explains this.
  if (hasWarned || process.versions["bun"] !== undefined) return;
  // A `ws` that knows the limits has defaults for them.
  hasWarned = !("maxFragments" in new WebSocketServer({ noServer: true }).options);
  if (!hasWarned) return;
  process.emitWarning(
    "the installed ws is older than 8.21 and does not limit the fragments of a message: " +
      "a client can make this process hold any amount of memory. Update ws.",
    { code: "MUXADO_OLD_WS" },
  );
}

function ignore(): void {}
