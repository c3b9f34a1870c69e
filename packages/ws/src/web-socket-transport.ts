// What a session needs of a connection, on top of a WebSocket. It owns the socket, and knows nothing of the
// protocol and nothing of who made the socket. Messages are pieces of one stream of bytes: where one ends says
// nothing.

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
 * The longest message that is sent, in bytes; a longer write leaves as several. Every peer takes as many, and while
 * it is masked a message of this size stays in the processor's caches: in the benchmark, bulk is an eighth faster than in
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
  /** It is one of `ws`, or like it. */
  readonly #tells: boolean;
  /** Messages that `send` has not called back for. */
  #untold = 0;
  /** How it has closed. */
  #closure: Error | undefined;
  /** It has not opened: nothing was sent. */
  #isUnopened = false;
  /** What `send` gets besides: a callback where that takes one. */
  readonly #told: [] | [(error?: Error | null) => void];

  /**
   * @param budget bytes of the session's that may be under way, `transportBudget`.
   * @throws {TypeError} if it is no WebSocket, or has a session already.
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
    // One that was over before will not say so again.
    if (socket.readyState > OPEN) return input.ended();
    this.#isUnopened = socket.readyState === CONNECTING;
    socket.binaryType = "arraybuffer";
    for (const [type, listener] of this.#listeners) socket.addEventListener(type, listener);
  }

  write(chunks: Uint8Array<ArrayBuffer>[]): void {
    this.#isWriting = true;
    const { readyState } = this.#socket;
    if (readyState === CONNECTING) this.#early = chunks;
    // Whatever is closing drops what it is given, and its close says why it was never written.
    if (readyState !== OPEN) return this.#lose();
    this.#isUnopened = false;
    // A socket that was dialed copies what it sends at once, to mask it or to hand it to the browser. But one of `ws`
    // with an extension compresses it first, in another thread, from where it lies.
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
    // How long the peer may take to read is for the session to say, which hangs up at its own deadline.
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
      // The session is not there to catch it, as it is in a write of its own.
      this.#input.ended(transportError(error));
    }
  }

  /** A message is with the system. If it failed, the socket is closing, and its close says why. */
  #sent(error: Error | null | undefined): void {
    if (--this.#untold < 0) {
      this.#input.ended(transportError(new Error("the WebSocket has confirmed a message twice")));
    } else if (!error) this.#buffer.look();
  }

  #receive(data: unknown): void {
    // By a property and not by its class: test runners give programs an ArrayBuffer of their own.
    if ((data as ArrayBuffer).byteLength !== undefined) {
      this.#input.receive(new Uint8Array(data as ArrayBuffer));
      // Whatever a peer says, it may have read before. Timers of a page in the background come once a second.
      this.#buffer.look();
    } else {
      const error = messageError(data);
      closeBecause(this.#socket, error);
      this.#input.ended(error);
    }
  }

  #failed(error: unknown): void {
    // A browser does not say what it was; the close that follows says a little.
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

  /** Once both directions are over, what is still to be written never will be: the session need not wait for it. */
  #lose(): void {
    if (this.#isWriting && this.#closure) this.#input.ended(transportError(this.#closure));
  }

  /** Nothing is waited for any more. */
  #release(): void {
    this.#buffer.stop();
    this.#early = undefined;
  }
}

/** The chunks of one message after the other, none of them longer than the longest. */
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

/** A copy, since a server's socket may still refer to it when the session has its chunks back. */
function concatenated(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
