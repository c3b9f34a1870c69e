// The centre of the adapter: a session over whatever Node can read and write.

import { type FlushScheduler, type Role, Session, type SessionOptions } from "@muxado/core";
import { type BusyPollOptions, checkBusyPoll } from "./busy-poll.ts";
import { publishing, publishSession } from "./channels.ts";
import { carry } from "./carrier.ts";
import { keepContext } from "./context.ts";
import { NodeTransport } from "./node-transport.ts";
import type { DuplexLike, ReadableLike, WritableLike } from "./stream-like.ts";

/** Two streams that together are one connection, such as a child process's stdin and stdout. */
export interface NodePair {
  /** What the peer sends. */
  readonly readable: ReadableLike;
  /** What goes to the peer. */
  readonly writable: WritableLike;
}

/** Options of {@link attach}. */
export interface AttachOptions extends SessionOptions, BusyPollOptions {
  /** Which side this is; the peer is the other. */
  readonly role: Role;
}

/**
 * A session over an open Duplex, or a pair of a Readable and a Writable: Node's, or made like them, such as those of
 * streamx and readable-stream.
 *
 * Owns it from now on: nobody else may read, write or end it, and it is destroyed when the session ends. One
 * that is over already gives a session that is over, too.
 *
 * @throws {RangeError | TypeError} naming the option that is out of range, or if the transport lacks what
 * a session needs of a stream, or carries anything but bytes.
 */
export function attach(transport: DuplexLike | NodePair, options: AttachOptions): Session {
  const { readable, writable } = isPair(transport)
    ? transport
    : { readable: transport, writable: transport };
  const carrying = new NodeTransport(readable, writable, checkBusyPoll(options));
  const session = new Session(carrying, options.role, {
    ...options,
    watcher: publishing(options.watcher),
    scheduleFlush: options.scheduleFlush ?? flushAfterTurn,
    keepContext: options.keepContext ?? keepContext,
  });
  carry(session, readable);
  publishSession(session);
  return session;
}

/** A Duplex has these properties too, as booleans. */
function isPair(transport: DuplexLike | NodePair): transport is NodePair {
  return typeof (transport as Partial<NodePair> | undefined)?.writable === "object";
}

/**
 * The tick queue runs when the microtask queue is empty, but before it if asked from the main turn: a hop
 * through the microtask queue puts the flush behind all promise continuations of this turn in both cases.
 */
const flushAfterTurn: FlushScheduler = (flush) => {
  queueMicrotask(() => process.nextTick(flush));
};
