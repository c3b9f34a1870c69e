// What a peer can make a socket of `ws` hold: limits that it keeps by itself, and answers to pings, which it does
// not limit.

import { WebSocketServer } from "ws";

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

/** What {@link answerPings} needs of a socket of `ws`, said without the types of that package, which not everybody has. */
export interface PingedSocket {
  /** Bytes that have been sent and have not left. */
  readonly bufferedAmount: number;
  /** Listens to pings and what they carry. */
  on(type: "ping", listener: (data: Buffer) => void): unknown;
  /** Sends an answer. */
  pong(data: Buffer, mask: boolean | undefined, done: () => void): void;
}

/**
 * Answers the pings of the peer of a `ws` socket that was made with {@link socketOptions}, as long as it reads the
 * answers. By itself, `ws` keeps an answer to every ping for a peer that reads none.
 */
export function answerPings(socket: PingedSocket): void {
  socket.on("ping", (data) => {
    // A peer may be left without some pongs, but not without the latest, unless it does not read them.
    if (socket.bufferedAmount < MOST_WAITING) socket.pong(data, undefined, ignore);
  });
}

let hasWarned = false;

/** Says once if the installed `ws` does not know the limits on pieces of messages: it ignores options that it does not know. */
export function warnOfOldWs(): void {
  // Nobody can update the one that Bun puts in its place: the documentation tells of that.
  if (hasWarned || process.versions["bun"] !== undefined) return;
  // Those that know the limits have defaults for them.
  hasWarned = !("maxFragments" in new WebSocketServer({ noServer: true }).options);
  if (!hasWarned) return;
  process.emitWarning(
    "the installed ws is older than 8.21 and does not limit the fragments of a message: " +
      "a client can make this process hold any amount of memory. Update ws.",
    { code: "MUXADO_OLD_WS" },
  );
}

function ignore(): void {}
