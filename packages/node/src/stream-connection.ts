// A stream in the shape of Node's own connections: for programs that were written for sockets. It stands on the
// non-blocking layer of a stream, beside promises and Web Streams and not on top of them.

import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { type Stream, type StreamObserver } from "@muxado/core";
import { LONGEST_DELAY } from "@muxado/core/layers";
import { carrierOf } from "./carrier.ts";
import {
  destroyedError,
  isCancelled,
  isGoodbye,
  resetCodeFor,
  socketError,
} from "./socket-error.ts";

/** Options of {@link toDuplex}. */
export interface DuplexOptions {
  /**
   * Whether our direction stays open when the peer has ended its own. Default: false, as of a `net.Socket`; what
   * carries the two directions of others, as a proxy does, wants true.
   */
  readonly allowHalfOpen?: boolean | undefined;
  /** Bytes read ahead of the program, which the peer gets credit for. Default: Node's for streams. */
  readonly readableHighWaterMark?: number | undefined;
  /** Bytes written from which on `write` returns false. Default: Node's for streams. */
  readonly writableHighWaterMark?: number | undefined;
  /**
   * The connection that addresses are asked of. Default: the one that the stream's session was attached to; a layer's
   * streams, such as typed ones, need it told.
   */
  readonly carrier?: Duplex | undefined;
}

/**
 * Writes up to this many bytes are copied by the session, those beyond are not: their memory is the writer's again
 * only when the transport has taken them.
 */
const COPIED = 4 * 1024;

/** Several writes are put together up to this many bytes: one frame instead of one each. */
const GATHERED = 64 * 1024;

/** Called with an error, or with none. */
type Callback = (error?: Error | null) => void;

/** A connection of Node's that a stream carries, once there is one. */
export abstract class StreamConnection extends Duplex implements StreamObserver {
  /** Whether a peer that loses interest closes it without an error, and without an end: its protocol knows by itself. */
  protected readonly isQuiet: boolean = false;
  /** Milliseconds without a byte in either direction until `timeout`, as set by {@link setTimeout}. */
  timeout: number | undefined;
  #stream: Stream | undefined;
  #carrier: Partial<Socket> | undefined;
  #bytesRead = 0;
  #bytesWritten = 0;
  /** Node has asked for more than there was. */
  #wantsMore = false;
  /** Bytes of the write under way: Node has one at a time. */
  #writing = 0;
  /** The part of it that the stream has not taken, and the callback for when it has. */
  #rest: Uint8Array | undefined;
  #written: Callback | undefined;
  /** It will be destroyed when all that had arrived before the peer's end has been read. */
  #isFailing = false;
  #timer: NodeJS.Timeout | undefined;
  /** Bytes that had left the stream when the timer was last looked after. */
  #sentBefore = 0;

  /** @internal */
  constructor(options: DuplexOptions) {
    const { allowHalfOpen = false, readableHighWaterMark, writableHighWaterMark } = options;
    super({
      allowHalfOpen,
      ...(readableHighWaterMark !== undefined && { readableHighWaterMark }),
      ...(writableHighWaterMark !== undefined && { writableHighWaterMark }),
    });
    this.#carrier = options.carrier as Partial<Socket> | undefined;
  }

  /** @internal It has its stream, whose observer it is from now on. @throws {TypeError} if there is another. */
  protected carryBy(stream: Stream): void {
    stream.observe(this);
    this.#stream = stream;
    this.#carrier ??= carrierOf(stream.session);
    // A stream that is over calls no observer any more.
    if (stream.error !== undefined) this.onReadable();
  }

  /** The stream that carries it; undefined while it is connecting. */
  get stream(): Stream | undefined {
    return this.#stream;
  }

  /** Whether it waits for its stream. */
  get connecting(): boolean {
    return this.#stream === undefined && !this.destroyed;
  }

  /** Whether it has no stream yet. */
  get pending(): boolean {
    return this.#stream === undefined;
  }

  /** Bytes that have been read, as far as Node asked for them. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Bytes that have been written, also those that wait. */
  get bytesWritten(): number {
    return this.#bytesWritten + this.writableLength;
  }

  /** Address of the connection's other end; undefined if it is no socket, or gone. */
  get remoteAddress(): string | undefined {
    return this.#carrier?.remoteAddress;
  }

  /** Port of the connection's other end. */
  get remotePort(): number | undefined {
    return this.#carrier?.remotePort;
  }

  /** "IPv4" or "IPv6". */
  get remoteFamily(): string | undefined {
    return this.#carrier?.remoteFamily;
  }

  /** Address of this end of the connection. */
  get localAddress(): string | undefined {
    return this.#carrier?.localAddress;
  }

  /** Port of this end of the connection. */
  get localPort(): number | undefined {
    return this.#carrier?.localPort;
  }

  /** "IPv4" or "IPv6". */
  get localFamily(): string | undefined {
    return this.#carrier?.localFamily;
  }

  /** Whether the connection speaks TLS: what frameworks take "https" from. */
  get encrypted(): boolean {
    return (this.#carrier as { encrypted?: boolean } | undefined)?.encrypted === true;
  }

  /** As of a socket: which directions are open. */
  get readyState(): "opening" | "open" | "readOnly" | "writeOnly" | "closed" {
    if (this.connecting) return "opening";
    if (this.readable) return this.writable ? "open" : "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  /** As of a socket: this end of the connection, or an empty object. */
  address(): ReturnType<Socket["address"]> {
    return this.#carrier?.address?.() ?? {};
  }

  /**
   * Emits `timeout` after so many milliseconds without a byte in either direction, and does no more than that. 0
   * switches it off.
   *
   * @param callback listens once.
   */
  setTimeout(milliseconds: number, callback?: () => void): this {
    if (this.destroyed) return this;
    checkTimeout(milliseconds, callback);
    clearTimeout(this.#timer);
    this.timeout = milliseconds;
    if (milliseconds > 0) {
      const delay = Math.min(milliseconds, LONGEST_DELAY);
      this.#timer = setTimeout(() => this.#timedOut(), delay).unref();
      if (callback !== undefined) this.once("timeout", callback);
    } else if (callback !== undefined) {
      this.off("timeout", callback);
    }
    return this;
  }

  /** Does nothing: frames leave at the end of the turn anyhow. */
  setNoDelay(_noDelay?: boolean): this {
    return this;
  }

  /** Does nothing: the connection is the session's. */
  setKeepAlive(_enable?: boolean, _initialDelay?: number): this {
    return this;
  }

  /** Does nothing: it is the connection that keeps a process alive. */
  ref(): this {
    return this;
  }

  /** Does nothing: it is the connection that keeps a process alive. */
  unref(): this {
    return this;
  }

  /** Ends, and is destroyed once all that was written has left. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  /** @internal */
  override _read(): void {
    this.#wantsMore = true;
    this.onReadable();
  }

  /** Called by the stream when there is something to read, or an error; not for programs. */
  onReadable(): void {
    const stream = this.#stream!;
    // Nobody asks: what has arrived stays with the stream, and counts against its window. An error tells itself.
    if (!this.#wantsMore && (stream.error === undefined || stream.stats().bytesUnread > 0)) return;
    try {
      do {
        const chunk = stream.take();
        if (chunk === undefined) return;
        this.#wantsMore = false;
        if (chunk === null) return this.#end();
        this.#bytesRead += chunk.length;
        this.#timer?.refresh();
        this.#wantsMore = this.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
      } while (this.#wantsMore);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** @internal */
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#writing = chunk.length;
    if (chunk.length <= COPIED) this.#offer(chunk, callback);
    else this.#lend([chunk], callback);
  }

  /** @internal */
  override _writev(writes: { chunk: Buffer }[], callback: Callback): void {
    const chunks = writes.map(({ chunk }) => chunk);
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.#writing = length;
    if (length <= GATHERED) this.#offer(Buffer.concat(chunks, length), callback);
    else this.#lend(chunks, callback);
  }

  /** @internal */
  override _final(callback: Callback): void {
    this.#stream!.closeWrite().then(() => callback(), failing(callback));
  }

  /** @internal */
  override _destroy(error: Error | null, callback: Callback): void {
    clearTimeout(this.#timer);
    const stream = this.#stream;
    stream?.observe(undefined);
    // Both directions have ended, or ours has, and nothing of the peer's is wanted any more; or the program has taken its
    // leave of a connection that it has no use for.
    const isEnd = error === null ? this.writableFinished : isGoodbye(error) && !this.#isBusy;
    if (isEnd) void stream?.close();
    else stream?.reset(resetCodeFor(error));
    const written = this.#written;
    this.#written = this.#rest = undefined;
    callback(error);
    written?.(error ?? destroyedError());
  }

  /** Called by the stream when there is room again; not for programs. */
  onWritable(): void {
    const rest = this.#rest;
    if (rest !== undefined) this.#offer(rest, this.#written!);
  }

  /** Sends bytes that nobody will change: the session's copies, or our own. */
  #offer(chunk: Uint8Array, callback: Callback): void {
    let taken: number;
    try {
      taken = this.#stream!.offer(chunk);
    } catch (error) {
      this.#written = this.#rest = undefined;
      return callback(socketError(error));
    }
    if (taken < chunk.length) {
      this.#timer?.refresh();
      this.#rest = chunk.subarray(taken);
      this.#written = callback;
      return;
    }
    this.#rest = this.#written = undefined;
    this.#hasWritten(callback);
  }

  /** Sends bytes that are the writer's: it gets them back when the transport has taken them. */
  #lend(chunks: Buffer[], callback: Callback): void {
    const stream = this.#stream!;
    const writing = Promise.all(chunks.map((chunk) => stream.write(chunk)));
    writing.then(() => this.#hasWritten(callback), failing(callback));
  }

  #hasWritten(callback: Callback): void {
    this.#bytesWritten += this.#writing;
    this.#timer?.refresh();
    callback();
  }

  /** Something that was written has not left. */
  get #isBusy(): boolean {
    return this.writableLength > 0 || this.#written !== undefined;
  }

  /** The peer has ended its direction; perhaps the stream has failed since. */
  #end(): void {
    this.push(null);
    const { error } = this.#stream!;
    if (error === undefined || this.#isFailing) return;
    this.#isFailing = true;
    // The program reads first what has arrived.
    if (this.readableLength === 0) this.#destroyBecause(error);
    else this.once("end", () => this.#destroyBecause(error));
  }

  /** The stream has failed. What has arrived is read first: Node asks again when it has been, and drops it otherwise. */
  #fail(error: Error): void {
    if (this.readableLength > 0) this.push(NOTHING);
    else this.#destroyBecause(error);
  }

  #destroyBecause(error: unknown): void {
    this.destroy(this.isQuiet && isCancelled(error) ? undefined : socketError(error));
  }

  #timedOut(): void {
    const bytesSent = this.#stream?.stats().bytesSent ?? 0;
    const isMoving = this.writableLength > 0 && bytesSent !== this.#sentBefore;
    this.#sentBefore = bytesSent;
    // A long write that moves is no silence.
    if (isMoving) this.#timer!.refresh();
    else this.emit("timeout");
  }
}

const NOTHING = Buffer.alloc(0);

/** Refuses what a socket refuses, in the same way. */
function checkTimeout(milliseconds: unknown, callback: unknown): void {
  if (
    typeof milliseconds !== "number" ||
    (callback !== undefined && typeof callback !== "function")
  ) {
    const error = new TypeError("setTimeout takes a number of milliseconds and a function");
    throw Object.assign(error, { code: "ERR_INVALID_ARG_TYPE" });
  }
  if (!(milliseconds >= 0 && milliseconds < Infinity)) {
    const error = new RangeError(`a timeout must be 0 or more milliseconds, got ${milliseconds}`);
    throw Object.assign(error, { code: "ERR_OUT_OF_RANGE" });
  }
}

function failing(callback: Callback): (error: unknown) => void {
  return (error) => callback(socketError(error));
}
