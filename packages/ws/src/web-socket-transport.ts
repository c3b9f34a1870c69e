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
  /** Messages that were sent and whose callback has not been called. */
  #untold = 0;
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
    const tells = typeof this.#socket.on === "function";
    this.#tells = tells;
    this.#buffer = new SocketBuffer(socket, { clock, budget, tells }, () => this.#written());
    this.#told = tells ? [(error) => this.#sent(error)] : [];
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
    // The socket of a client copies the bytes at once, to mask them or to pass them to the browser. All other sockets
    // need a copy. A server's socket does not mask, and a socket of `ws` with an extension first compresses the bytes
    // in another thread, directly from the memory of the session.
    const { url, extensions } = this.#socket;
    const isKept = typeof url !== "string" || (this.#tells && extensions !== "");
    for (const message of messagesOf(chunks)) {
      const [first] = message;
      this.#untold++;
      this.#socket.send(
        message.length > 1 || isKept ? concatenated(message) : first!,
        ...this.#told,
      );
    }
    this.#buffer.awaitRoom();
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
   * Called when the system has taken a message, or when sending has failed. After a failure the socket closes, and its
   * close reports the error.
   */
  #sent(error: Error | null | undefined): void {
    if (--this.#untold < 0) {
      this.#input.ended(transportError(new Error("the WebSocket has confirmed a message twice")));
    } else if (!error) this.#buffer.look();
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

/** Yields the chunks of each message. No message is longer than the longest allowed. */
function* messagesOf(
  chunks: readonly Uint8Array<ArrayBuffer>[],
): Generator<Uint8Array<ArrayBuffer>[]> {
  let message: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += LONGEST_MESSAGE) {
      const piece = chunk.subarray(at, at + LONGEST_MESSAGE);
      if (length + piece.length > LONGEST_MESSAGE) {
        yield message;
        message = [];
        length = 0;
      }
      message.push(piece);
      length += piece.length;
    }
  }
  yield message;
}

/**
 * Returns a copy of all chunks, because a server's socket may still reference the chunks when the session uses their
 * memory again.
 */
function concatenated(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
