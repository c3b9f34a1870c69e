// Makes a session over a WebSocket. The other files of this package use it.

import { type Role, Session, type SessionOptions, systemClock, type Transport } from "@muxado/core";
import { isTransport } from "@muxado/core/layers";
import { USUAL_BUDGET } from "./socket-buffer.ts";
import type { WebSocketLike } from "./web-socket.ts";
import { WebSocketTransport } from "./web-socket-transport.ts";

/** Options of {@link attach}. */
export interface AttachOptions extends SessionOptions {
  /** The role of this side; the peer has the other role. */
  readonly role: Role;
}

/**
 * Returns a session over a WebSocket. This may be a standard WebSocket, or a socket of the `ws` package on either side.
 * Also over a `Transport` of `@muxado/core`.
 *
 * The session owns the WebSocket from now on: no other code may send, listen to messages or close it. If the WebSocket
 * is connecting, the session waits for it. If it is already over, the session is over, too. Messages that arrived
 * before `attach` are lost, so call `attach` in the turn in which you make or get the socket.
 *
 * @throws {RangeError | TypeError} if an option is out of range; the message names the option. Also if `socket` is not
 * a WebSocket, or already has a session.
 */
export function attach(socket: WebSocketLike | Transport, options: AttachOptions): Session {
  const { transportBudget = USUAL_BUDGET } = options;
  const transport = isTransport(socket) ? socket : transportOf(socket, options);
  // The budget is given, so the session does not raise it: the limit of the socket's own buffer follows the line.
  return new Session(transport, options.role, { ...options, transportBudget });
}

/** Options of {@link transportOf}, as those of a session. */
export type TransportOptions = Pick<SessionOptions, "clock" | "transportBudget">;

/**
 * Returns a WebSocket as a transport, for layers below sessions. Messages that arrive before the transport is started
 * are lost.
 *
 * @throws {RangeError | TypeError} as {@link attach} does.
 */
export function transportOf(socket: WebSocketLike, options: TransportOptions = {}): Transport {
  const { clock = systemClock, transportBudget = USUAL_BUDGET } = options;
  return new WebSocketTransport(socket, clock, transportBudget);
}
