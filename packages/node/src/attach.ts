// Makes a session over anything that Node can read and write. The other files of this package use it.

import { type FlushScheduler, type Role, Session, type SessionOptions } from "@muxado/core";
import { type BusyPollOptions, checkBusyPoll } from "./busy-poll.ts";
import { publishing, publishSession } from "./channels.ts";
import { carry } from "./carrier.ts";
import { keepContext } from "./context.ts";
import { NodeTransport } from "./node-transport.ts";
import type { DuplexLike, ReadableLike, WritableLike } from "./stream-like.ts";

/** Two streams that together are one connection, such as a child process's stdin and stdout. */
export interface NodePair {
  /** The stream of the bytes from the peer. */
  readonly readable: ReadableLike;
  /** The stream of the bytes to the peer. */
  readonly writable: WritableLike;
}

/** Options of {@link attach}. */
export interface AttachOptions extends SessionOptions, BusyPollOptions {
  /** The role of this side; the peer has the other role. */
  readonly role: Role;
}

/**
 * Returns a session over an open Duplex, or over a pair of a Readable and a Writable. They may be streams of Node, or
 * similar ones, such as those of streamx and readable-stream.
 *
 * The session owns the transport from now on: no other code may read, write or end it. When the session ends, it
 * destroys the transport. If the transport is already over, the session is over, too. A socket emits no `data` events
 * while it carries a session, unless somebody listened to them before.
 *
 * @throws {RangeError | TypeError} if an option is out of range; the message names the option. Also if the transport
 * lacks a member that a session needs, or does not carry bytes.
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

/** A Duplex also has the property `writable`, but as a boolean. */
function isPair(transport: DuplexLike | NodePair): transport is NodePair {
  return typeof (transport as Partial<NodePair> | undefined)?.writable === "object";
}

/**
 * Runs the flush after all promise continuations of this turn. Node runs the tick queue when the microtask queue is
 * empty. But after code of the main turn, it runs the tick queue first. The call through the microtask queue makes both
 * cases the same.
 */
const flushAfterTurn: FlushScheduler = (flush) => {
  queueMicrotask(() => process.nextTick(flush));
};
