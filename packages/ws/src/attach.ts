// The centre of the adapter: a session over a WebSocket.

import { type Role, Session, type SessionOptions, systemClock } from "@muxado/core";
import type { WebSocketLike } from "./web-socket.ts";
import { WebSocketTransport } from "./web-socket-transport.ts";

/** Options of {@link attach}. */
export interface AttachOptions extends SessionOptions {
  /** Which side this is; the peer is the other. */
  readonly role: Role;
}

/**
 * A session over a WebSocket: a standard one, or one of the `ws` package's, a client's or a server's.
 *
 * Owns it from now on: nobody else may send, listen to messages or close it. One that is connecting is waited
 * for; one that is over already gives a session that is over, too. Messages that have come before are lost, so
 * attach in the turn in which the socket was made or given out.
 *
 * @throws {RangeError | TypeError} naming the option that is out of range, or if it is no WebSocket, or one that has a
 * session already.
 */
export function attach(socket: WebSocketLike, options: AttachOptions): Session {
  const { clock = systemClock, transportBudget } = options;
  const transport = new WebSocketTransport(socket, clock, transportBudget);
  return new Session(transport, options.role, options);
}
