// Reads of a socket into memory that is used again. Without this, Node takes new memory for each read, and that costs
// more than all else that a read does (docs/decisions/0036). Only this file knows how a socket gets such memory. It
// changes nothing if it does not find what it needs: then the socket emits `data` events, as always.

import { Buffer } from "node:buffer";
import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { ReadableLike } from "./stream-like.ts";

/** Bytes for the reads of a connection that carries little at a time. Most connections are idle most of the time. */
const FIRST_LENGTH = 16 * 1024;

/**
 * Bytes for the reads of a connection that has filled the first memory: what the system gives at most in one read of
 * Node's, and what stays in the second-level cache. Longer reads are slower.
 */
const LENGTH = 64 * 1024;

/** A record of TLS has this many bytes at most, and each read returns the bytes of one record. */
const TLS_LENGTH = 16 * 1024;

/**
 * Bytes that stay unused before and behind the memory. Some processors copy 15 times slower if the target begins up to
 * 64 bytes behind the source, counted modulo the 4096 bytes of a page: AMD's since Zen 3, by their instruction for
 * copies. Allocators put equal blocks side by side, each 16 bytes behind a whole page from the one before, and frames
 * begin with 8 bytes. So this was the rule and not the exception (measured: a GiB takes 50 ms instead of 700).
 */
const MARGIN = 1024;

/** Takes the bytes of a read. Returns whether it keeps the memory behind them. */
type Receive = (chunk: Uint8Array<ArrayBuffer>) => boolean;

/** The properties in which a socket keeps its option `onread`. Node's constructor sets them; they have no public name. */
interface ReadFields {
  /** The memory of the next read. */
  readonly memory: PropertyKey;
  /** Returns this memory. Node calls it when the socket gets its handle, and after each read. */
  readonly next: PropertyKey;
  /** Called after each read with the number of bytes. */
  readonly callback: PropertyKey;
}

/** The parts of a socket that it takes to read into memory of ours. */
interface Internals {
  /** The system's side of the socket. */
  readonly _handle?: {
    readonly useUserBuffer?: (memory: Uint8Array) => void;
  } | null;
}

/**
 * Makes `readable` read into memory that is used again, and hand each read to `receive`. It emits no `data` events then,
 * but all others. Does nothing for other streams than sockets, and for a socket that has begun to emit its bytes in
 * another way.
 *
 * @returns whether it has done so. The caller must handle `data` events in any case.
 */
export function lendReads(readable: ReadableLike, receive: Receive): boolean {
  if (!(readable instanceof Socket) || isInUse(readable)) return false;
  found ??= { fields: findFields() };
  const { fields } = found;
  if (fields === undefined) return false;
  const socket = readable as Socket & Internals & Record<PropertyKey, unknown>;
  const handle = socket._handle;
  if (typeof handle?.useUserBuffer !== "function" || socket[fields.memory]) return false;
  const memory = new ReadMemory(receive, socket instanceof TLSSocket ? TLS_LENGTH : LENGTH);
  // The constructor of a socket does the same with `onread`. A socket that tries several addresses repeats the last step
  // for each address.
  socket[fields.memory] = memory.next();
  socket[fields.next] = memory.next;
  socket[fields.callback] = memory.read;
  handle.useUserBuffer(memory.next());
  return true;
}

/** The memory of one connection's reads. */
class ReadMemory {
  #memory: Uint8Array<ArrayBuffer> = memoryOf(FIRST_LENGTH);
  readonly #receive: Receive;
  readonly #most: number;

  constructor(receive: Receive, most: number) {
    this.#receive = receive;
    this.#most = most;
  }

  /** The memory of the next read. */
  readonly next = (): Uint8Array<ArrayBuffer> => this.#memory;

  /** So many bytes have been read. Must not return false: Node would stop reading. */
  readonly read = (length: number): void => {
    const memory = this.#memory;
    // Memory that a reader transfers, against the rules, has no length afterwards. Its session must not stop.
    const room = memory.length;
    const wanted = length === room ? this.#most : room;
    // Most reads of a connection in bulk are full, and need no further view.
    const isKept = this.#receive(length === room ? memory : memory.subarray(0, length));
    // The `buffer` of a kept chunk must not show its reader what the memory had behind the chunk.
    if (isKept && memory.length > length) memory.fill(0, length);
    if (isKept || wanted > room) this.#memory = memoryOf(wanted);
  };
}

/** New memory. Only its margins are zeros: reads fill most of the rest, so zeros there would be work for nothing. */
function memoryOf(length: number): Uint8Array<ArrayBuffer> {
  const { buffer } = Buffer.allocUnsafeSlow(MARGIN + length + MARGIN);
  const memory = new Uint8Array(buffer);
  memory.fill(0, 0, MARGIN).fill(0, MARGIN + length);
  return memory.subarray(MARGIN, MARGIN + length);
}

/** Whether the bytes of `socket` go, or have begun to go, another way than to its next reader. */
function isInUse(socket: Socket): boolean {
  return (
    socket.readableLength > 0 ||
    socket.readableEncoding !== null ||
    socket.listenerCount("data") > 0 ||
    socket.listenerCount("readable") > 0
  );
}

/** The result of {@link findFields}. It is the same for all sockets of this runtime. */
let found: { readonly fields: ReadFields | undefined } | undefined;

/**
 * Finds the properties by what the constructor of a socket does with the documented option: Node and Deno put the two
 * functions into one property each, and mark a third. Bun does not. (There, the option would only cost a copy.)
 */
function findFields(): ReadFields | undefined {
  const next = (): Uint8Array => new Uint8Array(1);
  const callback = (): boolean => true;
  const plain = new Socket();
  // The types of Node know the option for `connect` only.
  const options: object = { onread: { buffer: next, callback } };
  const made = new Socket(options);
  const only = (value: unknown): PropertyKey | undefined => {
    const keys = Reflect.ownKeys(made).filter(
      (key) => valueOf(made, key) === value && valueOf(plain, key) === null,
    );
    return keys.length === 1 ? keys[0] : undefined;
  };
  const fields = { memory: only(true), next: only(next), callback: only(callback) };
  return Object.values(fields).includes(undefined) ? undefined : (fields as ReadFields);
}

function valueOf(socket: Socket, key: PropertyKey): unknown {
  return (socket as unknown as Record<PropertyKey, unknown>)[key];
}
