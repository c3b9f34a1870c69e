// The transport of a session over a WebSocket. It owns the socket. It knows nothing of the protocol, and does not know
// who made the socket. Messages are pieces of one stream of bytes: their boundaries have no meaning.

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
 * The longest message that is sent, in bytes; a longer write is sent as several messages. Every peer takes a message of
 * this size. While it is masked, it stays in the processor's caches: in the benchmark, bulk is an eighth faster than in
 * messages of 256 KiB.
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
  /** A write is under way. */
  #isWriting = false;
  /** A write that came before the socket was open. */
  #early: Uint8Array<ArrayBuffer>[] | undefined;
  /** The socket is one of `ws`, or like it: it tells when a message has left. */
  readonly #tells: boolean;
  /** Messages that `send` has not called back for. */
  #untold = 0;
  /** How the socket has closed. */
  #closure: Error | undefined;
  /** The socket has not opened: nothing was sent. */
  #isUnopened = false;
  /** The further arguments of `send`: a callback, if the socket takes one. */
  readonly #told: [] | [(error?: Error | null) => void];

  /**
   * @param budget bytes of the session that may be under way, `transportBudget`.
   * @throws {TypeError} if `socket` is no WebSocket, or has a session already.
   */
  constructor(socket: WebSocketLike, clock: Clock, budget?: number) {
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
    // A socket that is already over sends no more events.
    if (socket.readyState > OPEN) return input.ended();
    this.#isUnopened = socket.readyState === CONNECTING;
    socket.binaryType = "arraybuffer";
    for (const [type, listener] of this.#listeners) socket.addEventListener(type, listener);
  }

  write(chunks: Uint8Array<ArrayBuffer>[]): void {
    this.#isWriting = true;
    const { readyState } = this.#socket;
    if (readyState === CONNECTING) this.#early = chunks;
    // A socket that is closing drops the bytes that it is given. Its close then ends this write.
    if (readyState !== OPEN) return this.#lose();
    this.#isUnopened = false;
    // A socket that was dialed copies the bytes at once, to mask them or to pass them to the browser. But a socket of
    // `ws` with an extension first compresses them in another thread, from the memory of the session.
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

  /** The system has taken a message. If it failed, the socket is closing, and its close reports the error. */
  #sent(error: Error | null | undefined): void {
    if (--this.#untold < 0) {
      this.#input.ended(transportError(new Error("the WebSocket has confirmed a message twice")));
    } else if (!error) this.#buffer.look();
  }

  #receive(data: unknown): void {
    // Test a property and not the class: test runners give programs an ArrayBuffer of their own.
    if ((data as ArrayBuffer).byteLength !== undefined) {
      this.#input.receive(new Uint8Array(data as ArrayBuffer));
      // Any message may mean that the peer has read something. Timers of a page in the background fire once a second.
      this.#buffer.look();
    } else {
      const error = messageError(data);
      closeBecause(this.#socket, error);
      this.#input.ended(error);
    }
  }

  #failed(error: unknown): void {
    // A browser does not tell the error; the close that follows tells a little.
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

  /** Ends a write that will never be done, because both directions are over: the session need not wait for it. */
  #lose(): void {
    if (this.#isWriting && this.#closure) this.#input.ended(transportError(this.#closure));
  }

  /** Stops waiting for anything. */
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

/** Returns a copy, because a server's socket may still refer to the chunks when the session has them back. */
function concatenated(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
