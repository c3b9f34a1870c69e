// The peers of the comparison, in the order of the tables. Ours stands first: the ratios are of it.

import type { Peer } from "./peer.ts";
import { nodeHttp2 } from "./peers/http2.ts";
import { muxado, muxadoReading } from "./peers/muxado.ts";
import { tcpConnections } from "./peers/tcp-connections.ts";
import { tcp } from "./peers/tcp.ts";

export const peers: readonly Peer[] = [muxado, muxadoReading, nodeHttp2, tcp, tcpConnections];
