// A stream joined to a socket, or to any other Duplex. Bytes of the stream go to a socket from blocks that are used
// again. Bytes of the socket are offered to the stream. Two streams are the business of core.

import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  MuxadoError,
  type RelayResult,
  relay as relayStreams,
  type Stream,
  type StreamObserver,
  type WaitOptions,
} from "@muxado/core";
import { resetCodeFor, socketError } from "./socket-error.ts";
import { missingMember } from "./stream-like.ts";

/** Bytes of a block, and so of one write to a socket. */
const BLOCK_LENGTH = 64 * 1024;

/** Blocks that the process keeps for later. A relay uses one at a time, and none while it waits for bytes. */
const SPARE_BLOCKS = 16;

/**
 * Joins a stream and a socket, or another Duplex, or another stream: sends what arrives on each to the other, until both
 * directions have ended. This is the `relay` of `@muxado/core`, which joins two streams, and joins sockets as well.
 *
 * A half-close is passed on after all bytes. For that, `allowHalfOpen` of the socket becomes true. The socket may still
 * be connecting, may have been paused, and may have unread bytes; they come first.
 *
 * If one side fails, the other one is ended at once, and bytes that wait are lost:
 *
 * - if the stream fails, a TCP socket is reset (`resetAndDestroy`), and any other socket is destroyed. Another Duplex is
 *   destroyed with the error;
 * - if the socket fails or is destroyed, the stream is reset. The code is STREAM_CANCELLED if one side has gone, as
 *   with ECONNRESET and EPIPE, and INTERNAL_ERROR for other errors.
 *
 * Resolves when the half-closes of both have been sent and the socket has taken all bytes, with the number of bytes each
 * way. Until then, use only `priority`, `stats` and `reset` of the stream, and do not read or write the socket.
 *
 * @param options when the signal aborts, the stream is reset with STREAM_CANCELLED and the socket as above. A signal
 * that has aborted before changes nothing.
 * @throws {TypeError} at once, if `one` is not a stream or has an observer, or if `other` is neither a stream nor a
 * Duplex of bytes.
 * @throws {MuxadoError} READ_PENDING or STREAM_CLOSED, if the stream is read or was closed here; nothing is changed.
 * Later the error of the side that failed first: the stream's `error`, or that of the socket. A
 * socket that was closed too early has the code ERR_STREAM_PREMATURE_CLOSE.
 * @throws the signal's reason, if the signal aborts.
 */
export function relay(
  one: Stream,
  other: Stream | Duplex,
  options?: WaitOptions,
): Promise<RelayResult> {
  if (isStream(other)) return relayStreams(one, other, options);
  if (!isStream(one)) throw new TypeError("one must be a stream of a session");
  checkDuplex(other);
  const signal = options?.signal;
  return handled(signal?.aborted ? Promise.reject(reasonOf(signal)) : join(one, other, signal));
}

function join(
  stream: Stream,
  socket: Duplex,
  signal: AbortSignal | undefined,
): Promise<RelayResult> {
  if (stream.stats().readBlocked) return Promise.reject(readPending(stream));
  const joined = new SocketRelay(stream, socket, signal);
  stream.observe(joined);
  try {
    joined.begin();
  } catch (error) {
    // The application has closed the stream.
    stream.observe(undefined);
    return Promise.reject(error as Error);
  }
  return joined.promise;
}

/** A relay that has not ended. */
class SocketRelay implements StreamObserver {
  readonly promise: Promise<RelayResult>;
  readonly #stream: Stream;
  readonly #socket: Duplex;
  readonly #signal: AbortSignal | undefined;
  /** Whether the bytes of a write are in the system when the socket confirms it. Other streams may pass them on. */
  readonly #letsGo: boolean;
  #resolve!: (result: RelayResult) => void;
  #reject!: (reason: unknown) => void;
  #isOver = false;
  #fromStream = 0;
  #fromSocket = 0;
  /** The block that the socket writes. */
  #block: Buffer | undefined;
  #isWriting = false;
  #isPumpDue = false;
  /** The stream has ended, and so we have ended the socket. */
  #hasEnded = false;
  /** The socket has taken all bytes and our end. */
  #isFinished = false;
  /** Bytes of the socket that the stream has not taken. The socket is paused meanwhile. */
  #rest: Buffer | undefined;
  /** The socket has ended. */
  #isPeerDone = false;
  readonly #pump = (): void => this.#pumpNow();
  readonly #written = (error?: Error | null): void => this.#wrote(error);
  readonly #finished = (error?: Error | null): void => this.#finish(error);
  readonly #onData = (chunk: Buffer): void => this.#receive(chunk);
  readonly #onEnd = (): void => this.#receiveEnd();
  readonly #onError = (error: Error): void => this.#socketFailed(error);
  readonly #onClose = (): void => this.#socketFailed(null);
  readonly #onAbort = (): void => this.#abort();

  constructor(stream: Stream, socket: Duplex, signal: AbortSignal | undefined) {
    this.#stream = stream;
    this.#socket = socket;
    this.#signal = signal;
    this.#letsGo = socket instanceof Socket;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** @throws {MuxadoError} if the stream was closed here. The socket is as it was. */
  begin(): void {
    const socket = this.#socket;
    const { error } = this.#stream;
    const first = error === undefined ? this.#take() : undefined;
    socket.allowHalfOpen = true;
    // This listener stays, so that a late error does not end the process.
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
    this.#signal?.addEventListener("abort", this.#onAbort);
    if (error !== undefined) return this.#streamFailed(error);
    if (socket.destroyed) return this.#socketFailed(socket.errored);
    if (socket.readableEnded) this.#receiveEnd();
    else socket.on("data", this.#onData).on("end", this.#onEnd).resume();
    this.#send(first);
  }

  /** The stream has bytes, the end or an error. More bytes of the same chunk may come, so it sends them later. */
  onReadable(): void {
    if (this.#isPumpDue || (this.#isWriting && this.#stream.error === undefined)) return;
    this.#isPumpDue = true;
    queueMicrotask(this.#pump);
  }

  /** The stream has room. */
  onWritable(): void {
    const rest = this.#rest;
    if (rest === undefined || this.#isOver) return;
    this.#rest = undefined;
    this.#offer(rest);
    if (this.#rest !== undefined || this.#isOver) return;
    if (this.#isPeerDone) this.#closeWrite();
    else this.#socket.resume();
  }

  #pumpNow(): void {
    this.#isPumpDue = false;
    if (this.#isOver) return;
    const { error } = this.#stream;
    if (error !== undefined) return this.#streamFailed(error);
    if (this.#isWriting || this.#hasEnded) return;
    try {
      this.#send(this.#take());
    } catch (problem) {
      this.#streamFailed(problem);
    }
  }

  /** Takes the next bytes of the stream: into a block if the socket lets go of it, and otherwise as a chunk. */
  #take(): Uint8Array | null | undefined {
    if (!this.#letsGo) return this.#stream.take(BLOCK_LENGTH);
    const block = spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_LENGTH);
    const length = this.#stream.takeInto(block);
    if (typeof length === "number") {
      this.#block = block;
      return block.subarray(0, length);
    }
    giveBack(block);
    return length;
  }

  #send(chunk: Uint8Array | null | undefined): void {
    if (chunk === undefined) return;
    if (chunk === null) {
      this.#hasEnded = true;
      this.#socket.end(this.#finished);
      return;
    }
    this.#isWriting = true;
    this.#fromStream += chunk.length;
    this.#socket.write(chunk, this.#written);
  }

  #wrote(error: Error | null | undefined): void {
    this.#isWriting = false;
    // After an error, the system may still read the block.
    if (this.#block !== undefined && !error) giveBack(this.#block);
    this.#block = undefined;
    if (error) this.#socketFailed(error);
    else this.#pumpNow();
  }

  #finish(error: Error | null | undefined): void {
    if (error) return this.#socketFailed(error);
    this.#isFinished = true;
    this.#checkDone();
  }

  #receive(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#rest !== undefined) this.#rest = Buffer.concat([this.#rest, chunk]);
    else this.#offer(chunk);
    if (this.#rest !== undefined) this.#socket.pause();
  }

  #offer(chunk: Buffer): void {
    let taken: number;
    try {
      taken = this.#stream.offer(chunk);
    } catch (error) {
      return this.#streamFailed(error);
    }
    this.#fromSocket += taken;
    if (taken < chunk.length) this.#rest = chunk.subarray(taken);
  }

  #receiveEnd(): void {
    this.#isPeerDone = true;
    if (this.#rest === undefined && !this.#isOver) this.#closeWrite();
  }

  #closeWrite(): void {
    // The observer is told of a failure.
    void this.#stream.closeWrite();
    this.#checkDone();
  }

  #checkDone(): void {
    if (this.#isOver || !this.#isFinished || !this.#isPeerDone || this.#rest !== undefined) return;
    this.#leave();
    this.#resolve({ fromOne: this.#fromStream, fromOther: this.#fromSocket });
  }

  #streamFailed(error: unknown): void {
    if (this.#isOver) return;
    this.#leave();
    // If the application has used the stream against the rules, it has not failed yet.
    this.#stream.reset();
    destroy(this.#socket, socketError(error));
    this.#reject(error);
  }

  /** The socket has failed, or has closed without an error. */
  #socketFailed(error: Error | null): void {
    if (this.#isOver) return;
    this.#leave();
    this.#stream.reset(resetCodeFor(error));
    this.#socket.destroy();
    this.#reject(error ?? closedTooEarly());
  }

  #abort(): void {
    this.#leave();
    this.#stream.reset();
    const reason = reasonOf(this.#signal!);
    destroy(this.#socket, reason);
    this.#reject(reason);
  }

  #leave(): void {
    this.#isOver = true;
    this.#rest = undefined;
    this.#stream.observe(undefined);
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#socket.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onClose);
  }
}

const spare: Buffer[] = [];

function giveBack(block: Buffer): void {
  if (spare.length < SPARE_BLOCKS) spare.push(block);
}

/** Ends both directions of `socket` at once. The other end of a TCP connection finds that it was reset. */
function destroy(socket: Duplex, error: Error): void {
  if (!(socket instanceof Socket)) {
    socket.destroy(error);
    return;
  }
  try {
    socket.resetAndDestroy();
  } catch {
    // Only TCP has a reset: not a Unix socket, and not TLS.
    socket.destroy();
  }
}

function closedTooEarly(): Error {
  const error = new Error("the socket closed before both directions had ended");
  return Object.assign(error, { code: "ERR_STREAM_PREMATURE_CLOSE" });
}

function readPending({ id: streamId }: Stream): MuxadoError {
  return new MuxadoError({ code: "READ_PENDING", scope: "stream", origin: "local", streamId });
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason as Error;
}

/** A peer can cause a rejection, so a rejection that nobody handles must not end the process. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function isStream(value: Stream | Duplex): value is Stream {
  return typeof (value as Partial<Stream> | null | undefined)?.observe === "function";
}

const MEMBERS = ["on", "off", "write", "end", "pause", "resume", "destroy"];

function checkDuplex(value: Duplex): void {
  const missing = missingMember(value, MEMBERS);
  if (missing !== undefined) {
    throw new TypeError(`other must be a stream of a session or a Duplex; it has no ${missing}()`);
  }
  if (value.readableObjectMode || value.writableObjectMode || value.readableEncoding) {
    throw new TypeError("other must carry bytes, not objects or text");
  }
}
