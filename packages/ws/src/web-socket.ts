// The members of a WebSocket that a session needs: those that the standard and the `ws` package share, and the few that
// only some sockets have.

/** The event that listeners of a {@link WebSocketLike} are called with. Which fields are set depends on the event. */
export interface WebSocketEvent {
  /** The name of the event. */
  readonly type: string;
  /** Of a message: its content. */
  readonly data?: unknown;
  /** Of a close: its code. */
  readonly code?: number;
  /** Of a close: its reason. */
  readonly reason?: string;
  /** Of an error: the error, where the platform tells it. */
  readonly error?: unknown;
}

/** Any standard WebSocket, and the client's and server's sockets of the `ws` package. */
export interface WebSocketLike {
  /** How binary messages are delivered. */
  binaryType: string;
  /**
   * Bytes that have been sent and have not left. Some runtimes do not have it: then the session never waits for room.
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

/** Further members, which only sockets made for Node have. */
export interface NodeWebSocket extends WebSocketLike {
  /** Of the `ws` package, as of any event emitter of Node. */
  on?: unknown;
  /** Extensions that the handshake has negotiated, such as compression. */
  readonly extensions?: string;
  /** The URL that was dialed; a server's socket of `ws` has none. */
  readonly url?: string;
  /** Calls `done` when the system has taken the message. Only sockets with `on` do so. */
  send(data: Uint8Array<ArrayBuffer>, done?: (error?: Error | null) => void): void;
  /** Closes the connection at once. */
  terminate?(): void;
  /** Of the `ws` package: closes the connection 30 seconds after a close, even if the peer is still reading. */
  readonly _closeTimer?: Parameters<typeof clearTimeout>[0];
}

/** Values of `readyState`. */
export const CONNECTING = 0;
/** The next value. */
export const OPEN = 1;

const METHODS = ["addEventListener", "removeEventListener", "send", "close"] as const;

/** @throws {TypeError} if `socket` is no WebSocket; the message names the missing member. */
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

/**
 * Closes the connection at once where the platform can, and otherwise closes the WebSocket: in a browser, only the peer
 * can do more.
 */
export function hangUp(socket: WebSocketLike): void {
  const node = socket as NodeWebSocket;
  if (node.terminate) node.terminate();
  else node.close();
}
