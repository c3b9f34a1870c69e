// What a session needs of a WebSocket, as far as the standard's and those of the `ws` package agree, and the
// little that only some have.

/** What the listeners of a {@link WebSocketLike} are told; which of it depends on the event. */
export interface WebSocketEvent {
  /** Its name. */
  readonly type: string;
  /** Of a message: what it carries. */
  readonly data?: unknown;
  /** Of a close: its code. */
  readonly code?: number;
  /** Of a close: its reason. */
  readonly reason?: string;
  /** Of an error, where the platform tells: what it was. */
  readonly error?: unknown;
}

/** Any standard WebSocket, and the client's and server's sockets of the `ws` package. */
export interface WebSocketLike {
  /** How binary messages are delivered. */
  binaryType: string;
  /** Bytes that have been sent and have not left. Some runtimes do not say: then nothing is waited for. */
  readonly bufferedAmount?: number;
  /** The subprotocol that both sides have agreed on. */
  readonly protocol: string;
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** Sends a message. */
  send(data: Uint8Array<ArrayBuffer>): void;
  /** Closes in due form. */
  close(code?: number, reason?: string): void;
  /** Adds a listener. */
  addEventListener(type: WebSocketEventType, listener: (event: WebSocketEvent) => void): void;
  /** Removes a listener. */
  removeEventListener(type: WebSocketEventType, listener: (event: WebSocketEvent) => void): void;
}

/** What a {@link WebSocketLike} tells of. */
export type WebSocketEventType = "open" | "message" | "error" | "close";

/** What more those have that are made for Node. */
export interface NodeWebSocket extends WebSocketLike {
  /** Of the `ws` package, as of any emitter of Node's. */
  on?: unknown;
  /** What the handshake has negotiated, such as compression. */
  readonly extensions?: string;
  /** Where it was dialed; a server's socket of `ws` has none. */
  readonly url?: string;
  /** Says besides when the message is with the system; only where there is `on`. */
  send(data: Uint8Array<ArrayBuffer>, done?: (error?: Error | null) => void): void;
  /** Hangs up. */
  terminate?(): void;
  /** Of the `ws` package: hangs up 30 seconds after a close, whether or not the peer is still reading. */
  readonly _closeTimer?: Parameters<typeof clearTimeout>[0];
}

/** Values of `readyState`. */
export const CONNECTING = 0;
/** The next one. */
export const OPEN = 1;

const METHODS = ["addEventListener", "removeEventListener", "send", "close"] as const;

/** @throws {TypeError} if it is no WebSocket; it names what is missing. */
export function checkSocket(socket: WebSocketLike): void {
  if (typeof socket?.readyState !== "number") {
    throw new TypeError("socket must be a WebSocket, and has no readyState");
  }
  for (const method of METHODS) {
    if (typeof socket[method] !== "function") {
      throw new TypeError(`socket must be a WebSocket, and has no ${method}()`);
    }
  }
}

/** Hangs up where the platform can, and else closes: in a browser, nobody but the peer can do more. */
export function hangUp(socket: WebSocketLike): void {
  const node = socket as NodeWebSocket;
  if (node.terminate) node.terminate();
  else node.close();
}
