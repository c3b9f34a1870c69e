// The carriers of our own sessions.

import { selfSigned } from "@muxado/examples/certificate";
import type { Session, SessionOptions } from "@muxado/core";
import { type BusyPollOptions, connect, createServer, type ListenOptions } from "@muxado/node";
import * as webSocket from "@muxado/ws";
import * as webSocketServer from "@muxado/ws/server";
import { WebSocket } from "ws";
import { LOOPBACK } from "../peer.ts";

/** `busyPoll` has no effect over WebSockets. */
export type CarrierOptions = SessionOptions & BusyPollOptions;

/** Servers and clients of one kind. */
export interface Carrier {
  readonly createServer: (
    options: CarrierOptions,
    onSession: (session: Session) => Promise<void>,
  ) => { listen(where: ListenOptions): Promise<void>; readonly port: number | undefined };
  readonly connect: (port: number, options: CarrierOptions) => Promise<Session>;
}

export const overTcp: Carrier = {
  createServer,
  connect: (port, options) => connect({ ...options, host: LOOPBACK, port }),
};

/** The process of the server makes the certificate. No measurement includes the cost of checking it. */
export const overTls: Carrier = {
  createServer: (options, onSession) =>
    createServer({ ...options, tls: selfSigned("localhost") }, onSession),
  connect: (port, options) =>
    connect({ ...options, host: LOOPBACK, port, tls: { rejectUnauthorized: false } }),
};

/** The fastest setting for a client of `ws`: without compression, because here it costs far more than it saves. */
class PlainWebSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols, { perMessageDeflate: false });
  }
}

export const overWebSocket: Carrier = {
  createServer: webSocketServer.createServer,
  connect: (port, options) =>
    webSocket.connect(`ws://${LOOPBACK}:${port}/`, { ...options, WebSocket: PlainWebSocket }),
};
