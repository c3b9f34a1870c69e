// The transport of a session over a WebSocket. It owns the socket. It does not know the protocol, or how the socket was
// made. Messages are pieces of one stream of bytes: their boundaries have no meaning.

import type { Clock, MuxadoError, Transport, TransportInput } from "@muxado/core";
import {
  closeBecause,
  closeError,
  closure,
  messageError,
  transportError,
  unopenedError,
} from "./errors.ts";
import { SocketBuffer } from "./socket-buffer.ts";
import {
  checkSocket,
  CONNECTING,
  hangUp,
  type NodeWebSocket,
  OPEN,
  type WebSocketEvent,
  type WebSocketEventType,
  type WebSocketLike,
} from "./web-socket.ts";

/**
 * The longest message that is sent, in bytes. A longer write is sent as several messages. Every peer accepts messages
 * of this length. A message of this length stays in the caches of the processor while it is masked: in the benchmark,
 * bulk is an eighth faster than with messages of 256 KiB.
 */
const LONGEST_MESSAGE = 64 * 1024;

/** Shorter messages are put together in memory of their own, so a connection that sends little keeps no block. */
const LEAST_IN_BLOCK = 16 * 1024;

/** The most blocks that a connection keeps: as many as a write of the usual budget needs. */
const MOST_BLOCKS = 4;

/**
 * Unused bytes before a block. Some processors copy 15 times slower if the target begins up to 64 bytes behind the
 * source, modulo 4096. Without these bytes the copies behind a frame's header are of this kind (decision 36).
 */
const MARGIN = 1024;

/** Sockets that belong to a session. */
const attached: WeakSet<WebSocketLike> = new WeakSet();

/** A WebSocket as a stream of bytes. */
export class WebSocketTransport implements Transport {
  readonly #socket: NodeWebSocket;
  readonly #buffer: SocketBuffer;
  readonly #listeners: readonly [WebSocketEventType, (event: WebSocketEvent) => void][];
  #input!: TransportInput;
  /** True while a write is under way. */
  #isWriting = false;
  /** A write that came before the socket was open. */
  #early: Uint8Array<ArrayBuffer>[] | undefined;
  /** True for a socket of `ws`, or one that is like it: it reports when a message has left. */
  readonly #tells: boolean;
  /** Messages that were sent and whose callback has not been called, and one for a `write` that still sends. */
  #untold = 0;
  /** Memory in which the messages of one write are put together, and those of the next. */
  readonly #blocks: Uint8Array<ArrayBuffer>[] = [];
  /** An error that describes how the socket has closed; undefined before that. */
  #closure: Error | undefined;
  /** True as long as the socket has not opened, so nothing was sent. */
  #isUnopened = false;
  /** The other arguments of `send`: a callback, if the socket takes one. */
  readonly #told: [] | [(error?: Error | null) => void];

  /**
   * @param budget the session's `transportBudget`.
   * @throws {TypeError} if `socket` is not a WebSocket, or already has a session.
   */
  constructor(socket: WebSocketLike, clock: Clock, budget: number) {
    checkSocket(socket);
    if (attached.has(socket)) throw new TypeError("socket has a session already");
    this.#socket = socket as NodeWebSocket;
    this.#tells = typeof this.#socket.on === "function";
    this.#buffer = new SocketBuffer(socket, { clock, budget }, () => this.#written());
    this.#told = this.#tells ? [(error) => this.#sent(error)] : [];
    this.#listeners = [
      ["open", () => this.#opened()],
      ["message", ({ data }) => this.#receive(data)],
      ["error", ({ error }) => this.#failed(error)],
      ["close", ({ code, reason }) => this.#closed(code!, reason!)],
    ];
  }

  start(input: TransportInput): void {
    this.#input = input;
    const socket = this.#socket;
    attached.add(socket);
    // A socket that is already over emits no more events.
    if (socket.readyState > OPEN) return input.ended();
    this.#isUnopened = socket.readyState === CONNECTING;
    socket.binaryType = "arraybuffer";
    for (const [type, listener] of this.#listeners) socket.addEventListener(type, listener);
  }

  write(chunks: Uint8Array<ArrayBuffer>[]): void {
    this.#isWriting = true;
    const { readyState } = this.#socket;
    if (readyState === CONNECTING) this.#early = chunks;
    // A socket that is closing would drop the bytes. When it has closed, this write ends.
    if (readyState !== OPEN) return this.#lose();
    this.#isUnopened = false;
    // Callbacks that come inside of `send` must not end this write before its last message.
    this.#untold++;
    let count = 0;
    for (const message of messagesOf(chunks)) {
      if (this.#tells) this.#untold++;
      this.#socket.send(this.#whole(message, count++), ...this.#told);
    }
    this.#settle();
  }

  end(error?: MuxadoError): void {
    if (error === undefined) this.#socket.close(1000);
    else closeBecause(this.#socket, error);
    // The session decides how long the peer may take to read, and destroys the socket at its own deadline.
    clearTimeout(this.#socket._closeTimer);
  }

  destroy(): void {
    this.#release();
    hangUp(this.#socket);
  }

  #written(): void {
    this.#isWriting = false;
    this.#input.written();
  }

  #opened(): void {
    this.#isUnopened = false;
    const chunks = this.#early;
    this.#early = undefined;
    if (chunks === undefined) return;
    try {
      this.write(chunks);
    } catch (error) {
      // The session cannot catch this error here, as it does in a write that it makes itself.
      this.#input.ended(transportError(error));
    }
  }

  /**
   * Returns the bytes of a message, the one with this index in a write. A socket that reports may refer to them until it
   * has done so, and no write comes before that. So it gets memory of the session, or a block that the next write uses
   * again. A standard socket copies the bytes at once. All other sockets need a copy of their own.
   */
  #whole(message: Uint8Array<ArrayBuffer>[], index: number): Uint8Array<ArrayBuffer> {
    const isSafe = this.#tells || typeof this.#socket.url === "string";
    if (message.length === 1 && isSafe) return message[0]!;
    const length = message.reduce((sum, chunk) => sum + chunk.length, 0);
    const isInBlock = this.#tells && length >= LEAST_IN_BLOCK && index < MOST_BLOCKS;
    const memory = isInBlock ? (this.#blocks[index] ??= block()) : new Uint8Array(length);
    let at = 0;
    for (const chunk of message) {
      memory.set(chunk, at);
      at += chunk.length;
    }
    return memory.subarray(0, length);
  }

  /**
   * Called when the system has taken a message, or when sending has failed. After a failure the write is never done: the
   * socket closes, and its close reports the error.
   */
  #sent(error: Error | null | undefined): void {
    if (this.#untold === 0) {
      this.#input.ended(transportError(new Error("the WebSocket has confirmed a message twice")));
    } else if (!error) this.#settle();
  }

  /** One thing less that the write under way waits for. After the last one, it waits for room. */
  #settle(): void {
    if (--this.#untold === 0 && this.#socket.readyState === OPEN) this.#buffer.awaitRoom();
  }

  #receive(data: unknown): void {
    // This tests a property and not the class, because test runners give programs another ArrayBuffer class.
    if ((data as ArrayBuffer).byteLength !== undefined) {
      this.#input.receive(new Uint8Array(data as ArrayBuffer));
      // A message may mean that the peer has read bytes of ours. This look matters in a page in the background, whose
      // timers fire only once a second.
      this.#buffer.look();
    } else {
      const error = messageError(data);
      closeBecause(this.#socket, error);
      this.#input.ended(error);
    }
  }

  #failed(error: unknown): void {
    // A browser does not reveal the error. The close that follows has at least a code.
    if (error) this.#input.ended(this.#isUnopened ? unopenedError(error) : transportError(error));
  }

  #closed(code: number, reason: string): void {
    this.#release();
    for (const [type, listener] of this.#listeners) {
      this.#socket.removeEventListener(type, listener);
    }
    this.#closure = closure(code, reason);
    this.#input.ended(this.#isUnopened ? unopenedError(this.#closure) : closeError(code, reason));
    this.#lose();
  }

  /**
   * If a write is under way on a socket that has closed, reports the end of both directions: the write will never be
   * done, and the session need not wait for it.
   */
  #lose(): void {
    if (this.#isWriting && this.#closure) this.#input.ended(transportError(this.#closure));
  }

  /** Stops waiting for room and for the opening. */
  #release(): void {
    this.#buffer.stop();
    this.#early = undefined;
  }
}

/** Yields the chunks of each message. All messages but the last have the longest length. */
function* messagesOf(
  chunks: readonly Uint8Array<ArrayBuffer>[],
): Generator<Uint8Array<ArrayBuffer>[]> {
  let message: Uint8Array<ArrayBuffer>[] = [];
  let room = LONGEST_MESSAGE;
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      if (room === 0) {
        yield message;
        message = [];
        room = LONGEST_MESSAGE;
      }
      const piece = chunk.subarray(at, at + room);
      message.push(piece);
      room -= piece.length;
      at += piece.length;
    }
  }
  yield message;
}

function block(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(MARGIN + LONGEST_MESSAGE).subarray(MARGIN);
}
