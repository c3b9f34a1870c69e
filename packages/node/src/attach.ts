// The centre of the adapter: a session over whatever Node can read and write.

import type { Duplex, Readable, Writable } from "node:stream";
import { type FlushScheduler, type Role, Session, type SessionOptions } from "@muxado/core";
import { type BusyPollOptions, checkBusyPoll } from "./busy-poll.ts";
import { publishing, publishSession } from "./channels.ts";
import { carry } from "./carrier.ts";
import { NodeTransport } from "./node-transport.ts";

/** Two Node streams that together are one connection, such as a child process's stdin and stdout. */
export interface NodePair {
  /** What the peer sends. */
  readonly readable: Readable;
  /** What goes to the peer. */
  readonly writable: Writable;
}

/** Options of {@link attach}. */
export interface AttachOptions extends SessionOptions, BusyPollOptions {
  /** Which side this is; the peer is the other. */
  readonly role: Role;
}

/**
 * A session over an open Duplex, or a pair of a Readable and a Writable.
 *
 * Owns it from now on: nobody else may read, write or end it, and it is destroyed when the session ends. One
 * that is over already gives a session that is over, too.
 *
 * @throws {RangeError | TypeError} naming the option that is out of range, or if the transport is no Node
 * stream, or carries anything but bytes.
 */
export function attach(transport: Duplex | NodePair, options: AttachOptions): Session {
  const { readable, writable } = isPair(transport)
    ? transport
    : { readable: transport, writable: transport };
  const carrying = new NodeTransport(readable, writable, checkBusyPoll(options));
  const session = new Session(carrying, options.role, {
    ...options,
    watcher: publishing(options.watcher),
    scheduleFlush: options.scheduleFlush ?? flushAfterTurn,
  });
  carry(session, readable);
  publishSession(session);
  return session;
}

/** A Duplex has these properties too, as booleans. */
function isPair(transport: Duplex | NodePair): transport is NodePair {
  return typeof transport?.writable === "object";
}

/**
 * The tick queue runs when the microtask queue is empty, but before it if asked from the main turn: a hop
 * through the microtask queue puts the flush behind all promise continuations of this turn in both cases.
 */
const flushAfterTurn: FlushScheduler = (flush) => {
  queueMicrotask(() => process.nextTick(flush));
};
