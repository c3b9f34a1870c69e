// What is measured when nobody says what: the tables are to say much in little time.

import type { Peer } from "./peer.ts";
import type { Workload, WorkloadKind } from "./workload.ts";

/** For a quick run: what says most. */
const quickWorkloads: ReadonlySet<string> = new Set([
  "open-1",
  "open-64",
  "bulk-1",
  "idle",
  "scale-64",
  "mixed",
  "codec",
  "echo-1KiB-64",
  "echo-1MiB-8",
]);

type Names = ReadonlySet<string>;

/** Beside whom we want to be seen in a quick run, and what the targets are about. */
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
    "go-yamux",
    "rust-muxado",
  ]),
  bulk: new Set([
    "muxado",
    "muxado-duplex",
    "muxado-ws",
    "http2",
    "tcp",
    "ws",
    "go-muxado",
    "go-yamux",
    "rust-muxado",
  ]),
  idle: new Set(["muxado", "muxado-duplex", "http2", "go-muxado"]),
  scale: new Set(["muxado", "http2"]),
  mixed: new Set(["muxado", "http2", "tcp"]),
  codec: new Set(["muxado", "yamux"]),
  echo: new Set(["muxado", "muxado-tls", "go-muxado", "go-muxado-tls"]),
};

/** For a full run: the echo matrix has 20 cells. Of other kinds, all that take part. */
const fullPeers: Partial<Record<WorkloadKind, Names>> = {
  echo: new Set([
    "muxado",
    "muxado-tuned",
    "muxado-duplex",
    "muxado-tls",
    "muxado-tls-tuned",
    "go-muxado",
    "go-muxado-tuned",
    "go-muxado-tls",
    "http2",
    "tcp",
    "tcp-pool",
    "tls",
    "tls-pool",
    "tcp-connections",
  ]),
};

/** Those of `workloads` that a run has by itself. */
export function usualWorkloads(
  workloads: readonly Workload[],
  isQuick: boolean,
): readonly Workload[] {
  return isQuick ? workloads.filter(({ name }) => quickWorkloads.has(name)) : workloads;
}

/** Whether `peer` takes part in `workload` by itself, if it can. */
export function isUsual(peer: Peer, { kind }: Workload, isQuick: boolean): boolean {
  const names = (isQuick ? quickPeers : fullPeers)[kind];
  return names?.has(peer.name) ?? true;
}
