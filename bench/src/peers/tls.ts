// Raw TLS over node:tls, the bar for our own sessions over TLS: echoes and bulk transfers.

import { once } from "node:events";
import type * as net from "node:net";
import * as tls from "node:tls";
import { selfSigned } from "@muxado/examples/certificate";
import { bulkReply } from "../payload.ts";
import { LOOPBACK, type NodePeer } from "../peer.ts";
import { type Dial, EchoPool, pooled } from "./echo-pool.ts";
import { readBulk } from "./node-streams.ts";
import { intoOneBuffer, oneBuffer, replace, Uploads } from "./one-buffer.ts";
import { listenTcp } from "./tcp-connections.ts";

export const rawTls: NodePeer = {
  name: "tls",
  description: "node:tls, one connection: an echo back and forth; bulk",
  idleStreams: 0,
  multiplexes: false,
  supports: ({ kind, streams }) => kind === "bulk" || (kind === "echo" && streams === 1),
  serve: (kind) =>
    listenTls((socket) => {
      if (kind === "echo") socket.pipe(socket);
      else void readBulk(socket).then((length) => socket.end(bulkReply(length)));
    }),
  async connect(port, kind) {
    const connected: Dial = async (receive) => (await dial(port)).on("data", receive);
    return kind === "echo" ? new EchoPool(connected) : new Uploads(connected);
  },
};

export const rawTlsPool: NodePeer = pooled(rawTls, "node:tls");

export const tlsOnread: NodePeer = oneBuffer(
  {
    dial: (port, receive) => dial(port, intoOneBuffer(receive)),
    // A TLSSocket takes `onread` only if it connects by itself: its constructor drops the option when it is given a
    // socket. But its handle, which decrypts, can be given a buffer in the same way as one of TCP. At the event
    // `secure` the handshake is over, which would need the TLSSocket, and no bytes have been read yet.
    listen: (startsOn) =>
      listenTls((socket) => replace(socket, startsOn), { pauseOnConnect: true }),
  },
  {
    name: "tls-onread",
    description: "node:tls as tls, but each socket reads into one buffer of 64 KiB: onread",
  },
);

/** Calls `onSecure` once the handshake is over. */
function listenTls(
  onSecure: (socket: tls.TLSSocket) => void,
  further?: net.ServerOpts,
): Promise<number> {
  const secureContext = tls.createSecureContext(selfSigned("localhost"));
  return listenTcp((accepted) => {
    const socket = new tls.TLSSocket(accepted, { isServer: true, secureContext });
    socket.once("secure", () => onSecure(socket));
  }, further);
}

async function dial(port: number, onread?: net.OnReadOpts): Promise<tls.TLSSocket> {
  // The types do not know the last two options, which Node documents.
  const options = { host: LOOPBACK, port, rejectUnauthorized: false, allowHalfOpen: true, onread };
  const socket = tls.connect(options);
  await once(socket, "secureConnect");
  socket.setNoDelay(true);
  return socket;
}
