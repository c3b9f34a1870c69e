// Limits on the memory that a peer can make a socket of `ws` use. `ws` enforces most of them, but it does not limit the
// answers to pings.

import { WebSocketServer } from "ws";

/**
 * Options for a `WebSocketServer` or a `WebSocket` of the `ws` package that carries sessions: the limits that {@link
 * createServer} sets. With these options, `ws` does not answer pings: call {@link answerPings}.
 */
export const socketOptions: {
  /** False: see {@link answerPings}. */
  readonly autoPong: boolean;
  /** Largest message, in bytes: sixteen times as long as the longest message that this package sends. */
  readonly maxPayload: number;
  /**
   * The most fragments of one message. We send a message in one frame. A proxy may cut it, but not into so many
   * fragments.
   */
  readonly maxFragments: number;
  /** The most pieces in which one frame may arrive. Each piece costs memory in addition to its bytes. */
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

/** Pings of a peer are not answered while this many bytes, or more, wait for it. */
const MOST_WAITING = 64 * 1024;

/**
 * The members of a `ws` socket that {@link answerPings} needs. They are declared here, because not every user has the
 * types of `ws`.
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
 * the answers. Without this, `ws` would keep the answer to every ping, even for a peer that reads none of them.
 */
export function answerPings(socket: PingedSocket): void {
  socket.on("ping", (data) => {
    // A peer that reads slowly may miss some answers, but a later ping is answered.
    if (socket.bufferedAmount < MOST_WAITING) socket.pong(data, undefined, ignore);
  });
}

let hasWarned = false;

/**
 * Warns once if the installed `ws` is too old to know the limits on fragments and pieces: it then ignores these
 * options.
 */
export function warnOfOldWs(): void {
  // Bun replaces `ws` with its own version, which its user cannot update. The documentation explains this.
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
