// The default selection of workloads and peers: the tables should show much in little time.

import type { Peer } from "./peer.ts";
import type { Workload, WorkloadKind } from "./workload.ts";

/** The workloads of a quick run: those that tell most. */
const quickWorkloads: ReadonlySet<string> = new Set([
  "open-1",
  "open-64",
  "bulk-1",
  "relay-1",
  "idle",
  "scale-64",
  "mixed",
  "codec",
  "echo-1KiB-64",
  "echo-1MiB-8",
]);

type Names = ReadonlySet<string>;

/** The peers that are shown as relays: one for each way to join two streams. */
const relaying: Names = new Set([
  "muxado",
  "muxado-relay",
  "yamux",
  "tcp-connections",
  "go-muxado",
  "go-yamux",
]);

/** The peers of a quick run: the most important comparisons, and the peers that the targets name. */
const quickPeers: Record<WorkloadKind, Names> = {
  open: new Set([
    "muxado",
    "yamux",
    "muxado-duplex",
    "muxado-ws",
    "http2",
    "tcp",
    "tcp-connections",
    "libp2p-yamux",
    "go-muxado",
    "go-muxado-tuned",
    "go-yamux",
    "rust-muxado",
    "rust-yamux-tuned",
  ]),
  bulk: new Set([
    "muxado",
    "muxado-into",
    "muxado-duplex",
    "muxado-ws",
    "muxado-tls",
    "http2",
    "tcp",
    "tcp-onread",
    "ws",
    "go-muxado",
    "go-muxado-tuned",
    "go-yamux",
    "go-yamux-tuned",
    "rust-muxado",
    "rust-muxado-tuned",
    "rust-yamux-tuned",
  ]),
  relay: relaying,
  idle: new Set(["muxado", "muxado-duplex", "http2", "go-muxado"]),
  scale: new Set(["muxado", "http2"]),
  mixed: new Set(["muxado", "http2", "tcp"]),
  codec: new Set(["muxado", "yamux"]),
  echo: new Set([
    "muxado",
    "muxado-into",
    "muxado-tls",
    "muxado-tls-into",
    "go-muxado",
    "go-muxado-tls",
  ]),
};

/**
 * The peers of a full run. The echo matrix has 20 cells, so it has a selection. In other kinds but relay, every peer
 * takes part that can.
 */
const fullPeers: Partial<Record<WorkloadKind, Names>> = {
  relay: relaying,
  echo: new Set([
    "muxado",
    "muxado-into",
    "muxado-tuned",
    "muxado-duplex",
    "muxado-tls",
    "muxado-tls-into",
    "muxado-tls-tuned",
    "go-muxado",
    "go-muxado-tuned",
    "go-muxado-tls",
    "http2",
    "tcp",
    "tcp-onread",
    "tcp-pool",
    "tls",
    "tls-onread",
    "tls-pool",
    "tcp-connections",
  ]),
};

/** The workloads that a run includes by default. */
export function usualWorkloads(
  workloads: readonly Workload[],
  isQuick: boolean,
): readonly Workload[] {
  return isQuick ? workloads.filter(({ name }) => quickWorkloads.has(name)) : workloads;
}

/** Whether `peer` takes part in `workload` by default, if it can. */
export function isUsual(peer: Peer, { kind }: Workload, isQuick: boolean): boolean {
  const names = (isQuick ? quickPeers : fullPeers)[kind];
  return names?.has(peer.name) ?? true;
}
