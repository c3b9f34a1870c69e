// The members of a stream that a session needs if the stream carries it. Node's own streams have them. Similar streams,
// such as those of readable-stream and streamx, have them, too. This file checks a stream, and names the member that is
// missing.

import { Writable } from "node:stream";

/** A stream that a session can read from: a stream of Node, or a similar one, such as that of streamx. */
export interface ReadableLike {
  /** Listens to `data`, which brings a piece of bytes, and to `end`, `close` and `error`. */
  on(event: string, listener: (...told: unknown[]) => void): unknown;
  /** Starts the `data` events. */
  resume(): unknown;
  /** Destroys the stream. */
  destroy(): unknown;
}

/** A stream that a session can write to: a stream of Node, or a similar one, such as that of streamx. */
export interface WritableLike {
  /** Listens to `close` and `error`; also to `drain`, if `write` does not take a callback. */
  on(event: string, listener: (...told: unknown[]) => void): unknown;
  /**
   * Writes bytes, and reports when there is room for more. If the method declares three parameters, as Node's method
   * does, it calls `done` once. Otherwise it returns true if there is room now, and false if it will emit `drain`
   * later.
   */
  write(chunk: Uint8Array, encoding?: never, done?: (error?: Error | null) => void): unknown;
  /** Ends the stream when all written bytes have left. */
  end(last?: never): unknown;
  /** Destroys the stream. */
  destroy(): unknown;
}

/** One stream in both directions. */
export interface DuplexLike extends ReadableLike, WritableLike {}

/**
 * Members that only some streams have. Some of them are private. They show whether a stream is over, and whether it
 * carries bytes.
 */
interface Traits extends Partial<Pick<ReadableLike, "on">> {
  readonly destroyed?: unknown;
  readonly errored?: unknown;
  readonly readable?: unknown;
  readonly writable?: unknown;
  /** Only streamx has it. It is set before `destroyed`. */
  readonly destroying?: unknown;
  /**
   * Needed for streamx, whose streams stay `readable` after their end. Their `ended` is true from the `end` event on.
   * The `ended` of other streams is true earlier.
   */
  readonly _readableState?: { readonly ended?: unknown; readonly endEmitted?: unknown } | null;
  /** Needed for streamx. */
  readonly _writableState?: {
    readonly ending?: unknown;
    readonly ended?: unknown;
    readonly finished?: unknown;
  } | null;
  readonly writableEnded?: unknown;
  readonly readableObjectMode?: unknown;
  readonly writableObjectMode?: unknown;
  readonly readableEncoding?: unknown;
}

const READABLE = ["on", "resume", "destroy"] as const;
const WRITABLE = ["on", "write", "end", "destroy"] as const;

/** @throws {TypeError} if a stream lacks a member or does not carry bytes; the message names the missing member. */
export function checkStreams(readable: ReadableLike, writable: WritableLike): void {
  const isOne = Object.is(readable, writable);
  checkMembers(isOne ? "transport" : "transport.readable", readable, READABLE);
  checkMembers(isOne ? "transport" : "transport.writable", writable, WRITABLE);
  const [inbound, outbound] = [traits(readable), traits(writable)];
  const objects = inbound.readableObjectMode || outbound.writableObjectMode;
  if (objects || typeof inbound.readableEncoding === "string") {
    throw new TypeError("transport must carry bytes, not objects or text");
  }
}

/** Returns the error that has already ended one of them. */
export function errorOf(readable: ReadableLike, writable: WritableLike): unknown {
  return traits(readable).errored ?? traits(writable).errored;
}

/** Returns whether one of them is already over. A stream that is over emits no more events. */
export function isOver(readable: ReadableLike, writable: WritableLike): boolean {
  const [inbound, outbound] = [traits(readable), traits(writable)];
  const [read, written] = [inbound._readableState, outbound._writableState];
  return (
    [inbound, outbound].some(({ destroyed, destroying }) => destroyed || destroying) ||
    inbound.readable === false ||
    outbound.writable === false ||
    (read?.endEmitted === undefined && read?.ended === true) ||
    (written?.finished === undefined && written?.ended === true)
  );
}

/** Returns whether `writable` ends because we have ended it, or because `readable` was destroyed together with it. */
export function isEnding(writable: WritableLike, readable: ReadableLike): boolean {
  const { writableEnded, _writableState: written } = traits(writable);
  const { destroyed, destroying } = traits(readable);
  return [writableEnded, written?.ending, destroyed, destroying].some(Boolean);
}

/**
 * Returns whether `write` of the stream takes a callback. For Node's streams it does. For other streams it does if the
 * function declares three parameters; `write` of streamx declares only one.
 */
export function confirmsByCallback(writable: WritableLike): boolean {
  return writable instanceof Writable || writable.write.length >= 3;
}

/** Returns the first of `members` that `stream` does not have as a method. */
export function missingMember(stream: unknown, members: readonly string[]): string | undefined {
  return members.find(
    (member) =>
      typeof (stream as Record<string, unknown> | null | undefined)?.[member] !== "function",
  );
}

function checkMembers(name: string, stream: object, members: readonly string[]): void {
  const missing = missingMember(stream, members);
  if (missing === undefined) return;
  throw new TypeError(
    "transport must be a Duplex or { readable, writable } of Node streams, " +
      "for a child process { readable: child.stdout, writable: child.stdin }; " +
      (stream ? `${name} has no ${missing}()` : `${name} is ${String(stream)}`),
  );
}

function traits(stream: ReadableLike | WritableLike): Traits {
  return stream;
}
