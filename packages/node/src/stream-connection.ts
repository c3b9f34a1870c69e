// A stream in the form of Node's own connections, for programs that were written for sockets. It uses the layer of a
// stream that never waits. Promises and Web Streams stand beside it, not beneath it.

import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Stream, StreamObserver } from "@muxado/core";
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
   * Whether our direction stays open when the peer has ended its own. Default: false, as for a `net.Socket`. A program
   * that passes both directions on, as a proxy does, needs true.
   */
  readonly allowHalfOpen?: boolean | undefined;
  /** Bytes that the Duplex reads ahead of the program; the peer gets credit for them. Default: Node's for streams. */
  readonly readableHighWaterMark?: number | undefined;
  /** Once this many written bytes wait, `write` returns false. Default: Node's for streams. */
  readonly writableHighWaterMark?: number | undefined;
  /**
   * The connection that provides the addresses. Default: the one that the stream's session was attached to. Set it for
   * the streams of a layer, such as typed ones.
   */
  readonly carrier?: Duplex | undefined;
}

/**
 * The session copies writes of up to this many bytes. It does not copy longer ones: the writer gets their memory back
 * only when the transport has taken them.
 */
const COPIED = 4 * 1024;

/** Several writes are put together up to this many bytes: one frame instead of one for each. */
const GATHERED = 64 * 1024;

/** Called with an error, or with none. */
type Callback = (error?: Error | null) => void;

/** A connection of Node that a stream carries, once there is a stream. */
export abstract class StreamConnection extends Duplex implements StreamObserver {
  /**
   * Whether a peer that cancels the stream closes the connection without an error, and without an end. For protocols
   * that know by themselves when a message was cut off.
   */
  protected readonly isQuiet: boolean = false;
  /** Milliseconds without a byte in either direction before `timeout` is emitted, as set by {@link setTimeout}. */
  timeout: number | undefined;
  #stream: Stream | undefined;
  #carrier: Partial<Socket> | undefined;
  #bytesRead = 0;
  #bytesWritten = 0;
  /** Node has asked for more bytes than there were. */
  #wantsMore = false;
  /** Bytes of the current write: Node makes one at a time. */
  #writing = 0;
  /** The part of that write that the stream has not taken, and the callback for when it has. */
  #rest: Uint8Array | undefined;
  #written: Callback | undefined;
  /** The connection will be destroyed when the program has read all bytes that had arrived before the peer's end. */
  #isFailing = false;
  #timer: NodeJS.Timeout | undefined;
  /** The stream's `bytesSent` when the timer last fired. */
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

  /**
   * @internal Gives the connection its stream, and becomes the observer of the stream.
   * @throws {TypeError} if the stream has another observer.
   */
  protected carryBy(stream: Stream): void {
    stream.observe(this);
    this.#stream = stream;
    this.#carrier ??= carrierOf(stream.session);
    // A stream that is over calls no observer any more.
    if (stream.error !== undefined) this.onReadable();
  }

  /** The stream that carries the connection; undefined while it is connecting. */
  get stream(): Stream | undefined {
    return this.#stream;
  }

  /** Whether the connection waits for its stream. */
  get connecting(): boolean {
    return this.#stream === undefined && !this.destroyed;
  }

  /** Whether the connection has no stream yet. */
  get pending(): boolean {
    return this.#stream === undefined;
  }

  /** Bytes that Node has read from the stream. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Bytes that have been written, with those that wait. */
  get bytesWritten(): number {
    return this.#bytesWritten + this.writableLength;
  }

  /** Address of the other end of the carrier; undefined if the carrier is no socket, or is gone. */
  get remoteAddress(): string | undefined {
    return this.#carrier?.remoteAddress;
  }

  /** Port of the other end of the carrier. */
  get remotePort(): number | undefined {
    return this.#carrier?.remotePort;
  }

  /** "IPv4" or "IPv6". */
  get remoteFamily(): string | undefined {
    return this.#carrier?.remoteFamily;
  }

  /** Address of this end of the carrier. */
  get localAddress(): string | undefined {
    return this.#carrier?.localAddress;
  }

  /** Port of this end of the carrier. */
  get localPort(): number | undefined {
    return this.#carrier?.localPort;
  }

  /** "IPv4" or "IPv6". */
  get localFamily(): string | undefined {
    return this.#carrier?.localFamily;
  }

  /** Whether the carrier uses TLS. Frameworks derive "https" from this. */
  get encrypted(): boolean {
    return (this.#carrier as { encrypted?: boolean } | undefined)?.encrypted === true;
  }

  /** Which directions are open, as for a socket. */
  get readyState(): "opening" | "open" | "readOnly" | "writeOnly" | "closed" {
    if (this.connecting) return "opening";
    if (this.readable) return this.writable ? "open" : "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  /** The address of this end of the carrier, as for a socket; or an empty object. */
  address(): ReturnType<Socket["address"]> {
    return this.#carrier?.address?.() ?? {};
  }

  /**
   * Emits `timeout` after this many milliseconds without a byte in either direction, and does nothing else. 0 turns it
   * off.
   *
   * @param callback listens to `timeout` once.
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

  /** Does nothing: frames leave at the end of the turn in any case. */
  setNoDelay(_noDelay?: boolean): this {
    return this;
  }

  /** Does nothing: the transport belongs to the session. */
  setKeepAlive(_enable?: boolean, _initialDelay?: number): this {
    return this;
  }

  /** Does nothing: the transport keeps the process alive, not the stream. */
  ref(): this {
    return this;
  }

  /** Does nothing: the transport keeps the process alive, not the stream. */
  unref(): this {
    return this;
  }

  /** Ends the connection, and destroys it once all written bytes have left. */
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

  /** The stream calls this when there are bytes to read, or an error. Not for programs. */
  onReadable(): void {
    const stream = this.#stream!;
    // Node has asked for nothing: the bytes that have arrived stay in the stream and count against its window. But an
    // error without unread bytes is reported at once.
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
    // Close the stream in two cases: our direction has ended, and the program needs nothing more from the peer; or the
    // program has no further use for the connection, and all written bytes have left. Reset it in all other cases.
    const isEnd = error === null ? this.writableFinished : isGoodbye(error) && !this.#isBusy;
    if (isEnd) void stream?.close();
    else stream?.reset(resetCodeFor(error));
    const written = this.#written;
    this.#written = this.#rest = undefined;
    callback(error);
    written?.(error ?? destroyedError());
  }

  /** The stream calls this when there is room again. Not for programs. */
  onWritable(): void {
    const rest = this.#rest;
    if (rest !== undefined) this.#offer(rest, this.#written!);
  }

  /** Sends bytes that nobody will change: the session copies them, or they are our own copy. */
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

  /** Sends bytes that belong to the writer. The writer gets them back when the transport has taken them. */
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

  /** Some written bytes have not left. */
  get #isBusy(): boolean {
    return this.writableLength > 0 || this.#written !== undefined;
  }

  /** The peer has ended its direction; the stream may have failed since then. */
  #end(): void {
    this.push(null);
    const { error } = this.#stream!;
    if (error === undefined || this.#isFailing) return;
    this.#isFailing = true;
    // The program first reads the bytes that have arrived.
    if (this.readableLength === 0) this.#destroyBecause(error);
    else this.once("end", () => this.#destroyBecause(error));
  }

  /**
   * The stream has failed. The program first reads the bytes that have arrived, because destroying the Duplex would
   * drop them. Node calls `_read` again after that.
   */
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
    // A long write that makes progress is no silence.
    if (isMoving) this.#timer!.refresh();
    else this.emit("timeout");
  }
}

const NOTHING = Buffer.alloc(0);

/** Refuses the arguments that a socket refuses, with the same codes. */
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
