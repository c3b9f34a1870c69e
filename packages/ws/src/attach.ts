// The centre of the adapter: a session over a WebSocket.

import { type Role, Session, type SessionOptions, systemClock } from "@muxado/core";
import type { WebSocketLike } from "./web-socket.ts";
import { WebSocketTransport } from "./web-socket-transport.ts";

/** Options of {@link attach}. */
export interface AttachOptions extends SessionOptions {
  /** The role of this side; the peer has the other role. */
  readonly role: Role;
}

/**
 * Returns a session over a WebSocket: a standard one, or a client's or server's socket of the `ws` package.
 *
 * The session owns the WebSocket from now on: no other code may send, listen to messages or close it. If the WebSocket
 * is connecting, the session waits for it. If it is already over, the session is over, too. Messages that arrived
 * before `attach` are lost, so attach in the turn in which the socket was made or given to you.
 *
 * @throws {RangeError | TypeError} naming the option that is out of range; or if `socket` is no WebSocket, or has a
 * session already.
 */
export function attach(socket: WebSocketLike, options: AttachOptions): Session {
  const { clock = systemClock, transportBudget } = options;
  const transport = new WebSocketTransport(socket, clock, transportBudget);
  return new Session(transport, options.role, options);
}
