// What a session needs of the streams that carry it. Node's own have it, and so have those that are made like them:
// readable-stream's and streamx's. It refuses what lacks any of it, by name, and writes nothing.

import { Writable } from "node:stream";

/** What a session needs of a stream that it reads from: Node's, or one like it, such as streamx's. */
export interface ReadableLike {
  /** Tells of `data`, each a piece of bytes, and of `end`, `close` and `error`. */
  on(event: string, listener: (...told: unknown[]) => void): unknown;
  /** Lets it flow. */
  resume(): unknown;
  /** Gives it up. */
  destroy(): unknown;
}

/** What a session needs of a stream that it writes to: Node's, or one like it, such as streamx's. */
export interface WritableLike {
  /** Tells of `drain`, if its `write` takes no callback, and of `close` and `error`. */
  on(event: string, listener: (...told: unknown[]) => void): unknown;
  /**
   * Takes bytes, and says when there is room for more: by calling `done`, once, if it declares three parameters, as
   * Node's does. Any other returns true if there is room at once, and false if `drain` will tell.
   */
  write(chunk: Uint8Array, encoding?: never, done?: (error?: Error | null) => void): unknown;
  /** Ends it when all that was written is out. */
  end(last?: never): unknown;
  /** Gives it up. */
  destroy(): unknown;
}

/** One stream in both directions. */
export interface DuplexLike extends ReadableLike, WritableLike {}

/** What only some have, or keep to themselves, and what says whether they are over. */
interface Traits extends Partial<Pick<ReadableLike, "on">> {
  readonly destroyed?: unknown;
  readonly errored?: unknown;
  readonly readable?: unknown;
  readonly writable?: unknown;
  /** Of streamx: `destroyed` comes later. */
  readonly destroying?: unknown;
  /** Of streamx, which goes on calling itself readable: `ended` is true from its `end` event on. Elsewhere, before. */
  readonly _readableState?: { readonly ended?: unknown; readonly endEmitted?: unknown } | null;
  /** Of streamx. */
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

/** @throws {TypeError} if one of them is no such stream, or carries anything but bytes; it names what is missing. */
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

/** The error that has ended one of them already. */
export function errorOf(readable: ReadableLike, writable: WritableLike): unknown {
  return traits(readable).errored ?? traits(writable).errored;
}

/** Whether one of them is over already: it would not say so again. */
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

/** Whether `writable` ends because it was told to, or because `readable` is given up with it. */
export function isEnding(writable: WritableLike, readable: ReadableLike): boolean {
  const { writableEnded, _writableState: written } = traits(writable);
  const { destroyed, destroying } = traits(readable);
  return [writableEnded, written?.ending, destroyed, destroying].some(Boolean);
}

/**
 * Whether its `write` calls back. Node's do; of others, those that declare a third parameter for it. streamx's takes
 * the bytes alone.
 */
export function confirmsByCallback(writable: WritableLike): boolean {
  return writable instanceof Writable || writable.write.length >= 3;
}

function checkMembers(name: string, stream: object, members: readonly string[]): void {
  const missing = members.find(
    (member) =>
      typeof (stream as Record<string, unknown> | null | undefined)?.[member] !== "function",
  );
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
