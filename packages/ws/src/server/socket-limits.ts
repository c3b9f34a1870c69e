// What a peer can make a socket of `ws` hold: limits that it keeps by itself, and answers to pings, which it does
// not limit.

import type { WebSocket } from "ws";

/**
 * Options for a `WebSocketServer` or a `WebSocket` of the `ws` package that carries sessions: the limits that
 * {@link createServer} sets. They leave pings to {@link answerPings}.
 */
export const socketOptions: {
  /** No: see {@link answerPings}. */
  readonly autoPong: boolean;
  /** Bytes of the longest message: sixteen times what this package sends in one. */
  readonly maxPayload: number;
  /** Pieces of a message: what stands in between may cut what left in one frame, but not so fine. */
  readonly maxFragments: number;
  /** Pieces in which one frame arrives; a cost for each. */
  readonly maxBufferedChunks: number;
  /** No: it costs much memory and time for each connection. */
  readonly perMessageDeflate: boolean;
} = {
  autoPong: false,
  maxPayload: 1024 * 1024,
  maxFragments: 1024,
  maxBufferedChunks: 16 * 1024,
  perMessageDeflate: false,
};

/** Bytes that wait for a peer from which on its pings are no longer answered. */
const MOST_WAITING = 64 * 1024;

/**
 * Answers the pings of the peer of a `ws` socket that was made with {@link socketOptions}, as long as it reads the
 * answers. By itself, `ws` keeps an answer to every ping for a peer that reads none.
 */
export function answerPings(socket: WebSocket): void {
  socket.on("ping", (data: Buffer) => {
    // A peer may be left without some pongs, but not without the latest, unless it does not read them.
    if (socket.bufferedAmount < MOST_WAITING) socket.pong(data, undefined, ignore);
  });
}

function ignore(): void {}
