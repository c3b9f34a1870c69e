// The members of a WebSocket that a session uses. The standard and the `ws` package share most of them. A few members
// exist only on some sockets.

/** The event that listeners of a {@link WebSocketLike} are called with. Which fields are set depends on the event. */
export interface WebSocketEvent {
  /** The name of the event. */
  readonly type: string;
  /** The content of a message. */
  readonly data?: unknown;
  /** The code of a close. */
  readonly code?: number;
  /** The reason of a close. */
  readonly reason?: string;
  /** The error of an error event, if the platform reveals it. */
  readonly error?: unknown;
}

/** Any standard WebSocket, and the client's and server's sockets of the `ws` package. */
export interface WebSocketLike {
  /** The form in which binary messages are delivered. */
  binaryType: string;
  /**
   * Bytes that have been sent and have not left. Some runtimes do not have this property. There, the session never
   * waits for room.
   */
  readonly bufferedAmount?: number;
  /** The subprotocol that both sides have agreed on. */
  readonly protocol: string;
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** Sends a message. */
  send(data: Uint8Array<ArrayBuffer>): void;
  /** Closes the WebSocket with a closing handshake. */
  close(code?: number, reason?: string): void;
  /** Adds a listener. */
  addEventListener(type: WebSocketEventType, listener: (event: WebSocketEvent) => void): void;
  /** Removes a listener. */
  removeEventListener(type: WebSocketEventType, listener: (event: WebSocketEvent) => void): void;
}

/** The events of a {@link WebSocketLike}. */
export type WebSocketEventType = "open" | "message" | "error" | "close";

/** A WebSocket with the members that only sockets made for Node have. */
export interface NodeWebSocket extends WebSocketLike {
  /** The sockets of the `ws` package have it, as event emitters of Node. */
  on?: unknown;
  /** The URL that a client has connected to. A server's socket of `ws` has none. */
  readonly url?: string;
  /** Sends a message. Sockets with `on` then call `done` when the system has taken the message. */
  send(data: Uint8Array<ArrayBuffer>, done?: (error?: Error | null) => void): void;
  /** Closes the connection at once. */
  terminate?(): void;
  /**
   * The timer of the `ws` package that closes the connection 30 seconds after a close, even if the peer is still
   * reading.
   */
  readonly _closeTimer?: Parameters<typeof clearTimeout>[0];
}

/** The `readyState` of a socket that is connecting. */
export const CONNECTING = 0;
/** The `readyState` of an open socket. Higher values mean that the socket is closing or has closed. */
export const OPEN = 1;

const METHODS = ["addEventListener", "removeEventListener", "send", "close"] as const;

/** @throws {TypeError} if `socket` is not a WebSocket; the message names the missing member. */
export function checkSocket(socket: WebSocketLike): void {
  if (typeof socket?.readyState !== "number") {
    throw new TypeError("socket must be a WebSocket, but has no readyState");
  }
  for (const method of METHODS) {
    if (typeof socket[method] !== "function") {
      throw new TypeError(`socket must be a WebSocket, but has no ${method}()`);
    }
  }
}

/**
 * Closes the connection at once if the platform can do so. Otherwise starts a closing handshake, because a browser
 * offers nothing else.
 */
export function hangUp(socket: WebSocketLike): void {
  const node = socket as NodeWebSocket;
  if (node.terminate) node.terminate();
  else node.close();
}
