// The peers of the comparison, in the order of the tables. Ours stands first: the ratios are of it.

import type { Peer } from "./peer.ts";
import { goYamux, goYamuxTuned } from "./peers/go-yamux.ts";
import { muxadoDuplex } from "./peers/duplex.ts";
import { http1, http1Connections, http1Muxado, http1MuxadoPooled } from "./peers/http.ts";
import { nodeHttp2 } from "./peers/http2.ts";
import { libp2pYamux, libp2pYamuxEvents, libp2pYamuxTuned } from "./peers/libp2p-yamux.ts";
import { muxado, muxadoReading, muxadoWs, muxadoYamux } from "./peers/muxado.ts";
import { tcpConnections } from "./peers/tcp-connections.ts";
import { tcp } from "./peers/tcp.ts";
import { ws } from "./peers/ws.ts";

export const peers: readonly Peer[] = [
  muxado,
  muxadoReading,
  muxadoYamux,
  muxadoDuplex,
  muxadoWs,
  nodeHttp2,
  tcp,
  tcpConnections,
  ws,
  http1Muxado,
  http1MuxadoPooled,
  http1,
  http1Connections,
  libp2pYamux,
  libp2pYamuxEvents,
  libp2pYamuxTuned,
  goYamux,
  goYamuxTuned,
];
