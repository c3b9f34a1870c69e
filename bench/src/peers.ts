// The peers of the comparison, in the order of the tables. Ours comes first: the ratios compare the others with it.

import type { Peer } from "./peer.ts";
import { goMuxado, goMuxadoTls, goMuxadoTuned, goYamux, goYamuxTuned } from "./peers/go-peers.ts";
import { http1, http1Connections, http1Muxado, http1MuxadoPooled } from "./peers/http.ts";
import { nodeHttp2 } from "./peers/http2.ts";
import { libp2pYamux, libp2pYamuxEvents, libp2pYamuxTuned } from "./peers/libp2p-yamux.ts";
import {
  muxado,
  muxadoDuplex,
  muxadoInto,
  muxadoNonblocking,
  muxadoReading,
  muxadoRelay,
  muxadoTls,
  muxadoTlsInto,
  muxadoTlsTuned,
  muxadoTuned,
  muxadoWeb,
  muxadoWs,
  muxadoYamux,
} from "./peers/muxado.ts";
import { rustMuxado, rustMuxadoTuned, rustYamux, rustYamuxTuned } from "./peers/rust-peers.ts";
import { tcpConnections } from "./peers/tcp-connections.ts";
import { tcp, tcpOnread, tcpPool } from "./peers/tcp.ts";
import { rawTls, rawTlsPool, tlsOnread } from "./peers/tls.ts";
import { ws } from "./peers/ws.ts";
import { yamuxJs } from "./peers/yamux-js.ts";

export const peers: readonly Peer[] = [
  muxado,
  muxadoTuned,
  muxadoReading,
  muxadoYamux,
  muxadoInto,
  muxadoRelay,
  muxadoNonblocking,
  muxadoWeb,
  muxadoDuplex,
  muxadoWs,
  muxadoTls,
  muxadoTlsInto,
  muxadoTlsTuned,
  nodeHttp2,
  tcp,
  tcpOnread,
  tcpPool,
  rawTls,
  tlsOnread,
  rawTlsPool,
  tcpConnections,
  ws,
  http1Muxado,
  http1MuxadoPooled,
  http1,
  http1Connections,
  libp2pYamux,
  libp2pYamuxEvents,
  libp2pYamuxTuned,
  yamuxJs,
  goMuxado,
  goMuxadoTuned,
  goMuxadoTls,
  goYamux,
  goYamuxTuned,
  rustMuxado,
  rustMuxadoTuned,
  rustYamux,
  rustYamuxTuned,
];
