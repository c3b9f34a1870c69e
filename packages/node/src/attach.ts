// Makes a session over anything that Node can read and write. The other files of this package use it.

import {
  type FlushScheduler,
  type Role,
  Session,
  type SessionOptions,
  type Transport,
} from "@muxado/core";
import { isTransport } from "@muxado/core/layers";
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
 * similar ones, such as those of streamx and readable-stream. Also over a `Transport` of `@muxado/core`.
 *
 * The session owns the transport from now on: no other code may read, write or end it. When the session ends, it
 * destroys the transport. If the transport is already over, the session is over, too. A socket emits no `data` events
 * while it carries a session, unless somebody listened to them before.
 *
 * @throws {RangeError | TypeError} if an option is out of range; the message names the option. Also if the transport
 * lacks a member that a session needs, or does not carry bytes.
 */
export function attach(
  transport: DuplexLike | NodePair | Transport,
  options: AttachOptions,
): Session {
  if (isTransport(transport)) return attachOver(transport, transport, options);
  const carrier = isPair(transport) ? transport.readable : transport;
  return attachOver(transportOf(transport, options), carrier, options);
}

/**
 * Returns an open Duplex, or a pair of a Readable and a Writable, as a transport, for layers below sessions. Bytes wait
 * in the stream until the transport is started.
 *
 * @throws {RangeError | TypeError} as {@link attach} does.
 */
export function transportOf(
  connection: DuplexLike | NodePair,
  options: BusyPollOptions = {},
): Transport {
  const { readable, writable } = isPair(connection)
    ? connection
    : { readable: connection, writable: connection };
  return new NodeTransport(readable, writable, checkBusyPoll(options));
}

/** Returns a session over `transport`, which `carrier` carries. */
export function attachOver(transport: Transport, carrier: object, options: AttachOptions): Session {
  const session = new Session(transport, options.role, {
    ...options,
    watcher: publishing(options.watcher),
    scheduleFlush: options.scheduleFlush ?? flushAfterTurn,
    keepContext: options.keepContext ?? keepContext,
  });
  carry(session, carrier);
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
