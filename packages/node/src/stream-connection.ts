// A stream in the form of Node's own connections, for programs that were written for sockets. It uses the methods of a
// stream that do not wait (`take`, `offer`). It uses promises only where they are needed, and no Web Streams.

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
  /**
   * Bytes that the Duplex may read before the program asks for them. The peer gets credit for these bytes. Default:
   * that of Node's streams.
   */
  readonly readableHighWaterMark?: number | undefined;
  /** Once this many written bytes wait, `write` returns false. Default: that of Node's streams. */
  readonly writableHighWaterMark?: number | undefined;
  /**
   * The connection that provides the addresses. Default: the connection that the stream's session was attached to. Set
   * it for the streams of a layer, such as typed streams.
   */
  readonly carrier?: Duplex | undefined;
}

/**
 * The session copies writes of up to this many bytes. It does not copy longer writes: the writer gets their memory back
 * only when the transport has taken them.
 */
const COPIED = 4 * 1024;

/** Several writes with up to this many bytes together are sent as one frame, instead of one frame for each write. */
const GATHERED = 64 * 1024;

/** Called with an error, or without one after success. */
type Callback = (error?: Error | null) => void;

/** A connection of Node that a stream carries. The stream may come later. */
export abstract class StreamConnection extends Duplex implements StreamObserver {
  /**
   * Whether the connection closes without an error, and without an end, when the peer cancels the stream. For protocols
   * that can see when a message was cut off.
   */
  protected readonly isQuiet: boolean = false;
  /**
   * Milliseconds without a byte in either direction before `timeout` is emitted; the value of the last {@link
   * setTimeout}.
   */
  timeout: number | undefined;
  #stream: Stream | undefined;
  #carrier: Partial<Socket> | undefined;
  #bytesRead = 0;
  #bytesWritten = 0;
  /** True if Node has asked for more bytes than there were. */
  #wantsMore = false;
  /** Bytes of the current write. Node makes one write at a time. */
  #writing = 0;
  /** The part of that write that the stream has not taken, and the callback to call when it has taken all. */
  #rest: Uint8Array | undefined;
  #written: Callback | undefined;
  /**
   * True if the connection will be destroyed when the program has read all bytes that had arrived before the peer's
   * end.
   */
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
    // A stream that is over does not call its observer any more.
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

  /** Bytes that the program has written, including those that wait. */
  get bytesWritten(): number {
    return this.#bytesWritten + this.writableLength;
  }

  /** Address of the other end of the carrier; undefined if the carrier is not a socket, or is gone. */
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

  /** The directions that are open, as for a socket. */
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
   * Emits `timeout` after this many milliseconds without a byte in either direction. It does not close the connection.
   * 0 turns it off.
   *
   * @param callback is called at the next `timeout`, once.
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

  /** Does nothing, because frames always leave at the end of the turn. */
  setNoDelay(_noDelay?: boolean): this {
    return this;
  }

  /** Does nothing, because the transport belongs to the session. */
  setKeepAlive(_enable?: boolean, _initialDelay?: number): this {
    return this;
  }

  /** Does nothing, because only the transport keeps the process alive, not the stream. */
  ref(): this {
    return this;
  }

  /** Does nothing, because only the transport keeps the process alive, not the stream. */
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

  /** The stream calls this when there are bytes to read, or an error. Do not call it yourself. */
  onReadable(): void {
    const stream = this.#stream!;
    // If Node has not asked for bytes, the bytes that have arrived stay in the stream and count against its window. But
    // an error is reported at once if there are no unread bytes.
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
    // The stream is closed in two cases: our direction has ended, and the program needs nothing more from the peer; or
    // the program does not need the connection any more, and all written bytes have left. In all other cases the stream
    // is reset.
    const isEnd = error === null ? this.writableFinished : isGoodbye(error) && !this.#isBusy;
    if (isEnd) void stream?.close();
    else stream?.reset(resetCodeFor(error));
    const written = this.#written;
    this.#written = this.#rest = undefined;
    callback(error);
    written?.(error ?? destroyedError());
  }

  /** The stream calls this when there is room again. Do not call it yourself. */
  onWritable(): void {
    const rest = this.#rest;
    if (rest !== undefined) this.#offer(rest, this.#written!);
  }

  /** Sends bytes that nobody will change, because the session copies them, or because they are our own copy. */
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

  /** Whether some written bytes have not left. */
  get #isBusy(): boolean {
    return this.writableLength > 0 || this.#written !== undefined;
  }

  /** Ends the readable direction, because the peer has ended its direction. The stream may have failed since then. */
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
   * Destroys the Duplex, because the stream has failed. The program first reads the bytes that have arrived, because
   * they would be lost otherwise. Node calls `_read` again after that.
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
    // A long write that makes progress counts as bytes that move.
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
