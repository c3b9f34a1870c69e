// Raw TLS over node:tls, the bar for our own sessions over TLS. It supports echoes only.

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import * as tls from "node:tls";
import { selfSigned } from "@muxado/examples/certificate";
import { LOOPBACK, type NodePeer } from "../peer.ts";
import { EchoPool, pooled } from "./echo-pool.ts";

export const rawTls: NodePeer = {
  name: "tls",
  description: "node:tls, one connection: an echo back and forth",
  idleStreams: 0,
  multiplexes: false,
  supports: ({ kind, streams }) => kind === "echo" && streams === 1,
  async serve() {
    const options = { ...selfSigned("localhost"), noDelay: true };
    const server = tls.createServer(options, (socket) => socket.pipe(socket));
    server.listen({ host: LOOPBACK, port: 0 });
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  },
  connect: async (port) => new EchoPool(() => dial(port)),
};

export const rawTlsPool: NodePeer = pooled(rawTls, "node:tls");

async function dial(port: number): Promise<tls.TLSSocket> {
  const socket = tls.connect({ host: LOOPBACK, port, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  socket.setNoDelay(true);
  return socket;
}
