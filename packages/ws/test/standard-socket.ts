// A WebSocket with the members of a browser's, and no more. It copies the bytes that it sends, `send` does not tell
// when it is done, it refuses most close codes, and nothing closes it at once. Node has no WebSocket of its own before
// version 22.

import type { WebSocketEvent, WebSocketLike } from "@muxado/ws";
import { WebSocket } from "ws";

type Listener = (event: WebSocketEvent) => void;

export class StandardWebSocket implements WebSocketLike {
  /** The socket beneath. */
  readonly inner: WebSocket;
  /** The value of `bufferedAmount`, if a test sets it. */
  buffered: number | undefined;
  /** The lengths of the messages that were sent. */
  readonly sent: number[] = [];
  /** The number of listeners. */
  listeners = 0;
  /** The code of each call of `close`. */
  readonly closes: (number | undefined)[] = [];

  constructor(url: string | URL, protocols?: string | string[]) {
    this.inner = new WebSocket(url, protocols, { perMessageDeflate: false });
  }

  get binaryType(): string {
    return this.inner.binaryType;
  }

  set binaryType(type: string) {
    this.inner.binaryType = type as "arraybuffer";
  }

  get bufferedAmount(): number {
    return this.buffered ?? this.inner.bufferedAmount;
  }

  get protocol(): string {
    return this.inner.protocol;
  }

  get readyState(): number {
    return this.inner.readyState;
  }

  get url(): string {
    return this.inner.url;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    this.sent.push(data.length);
    this.inner.send(data.slice());
  }

  close(code?: number, reason?: string): void {
    if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999)) {
      throw new DOMException(`${code} may not be used`, "InvalidAccessError");
    }
    this.closes.push(code);
    this.inner.close(code, reason);
  }

  addEventListener(type: "open" | "message" | "error" | "close", listener: Listener): void {
    this.listeners++;
    this.inner.addEventListener(type, listener);
  }

  removeEventListener(type: "open" | "message" | "error" | "close", listener: Listener): void {
    this.listeners--;
    this.inner.removeEventListener(type, listener);
  }
}
