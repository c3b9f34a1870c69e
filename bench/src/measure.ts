// Measures one workload. All peers warm up first. Then each peer runs once in each round, so that slow changes of the
// machine affect all peers alike.

import { measureCodec } from "./codec.ts";
import { measureLatency } from "./measure-latency.ts";
import type { Measure } from "./measurement.ts";
import { measureMemory } from "./measure-memory.ts";
import { measureRate } from "./measure-rate.ts";
import { measureScale } from "./measure-scale.ts";
import { takesPart } from "./peer.ts";
import type { WorkloadKind } from "./workload.ts";

const ways: Record<WorkloadKind, Measure> = {
  open: measureRate,
  bulk: measureRate,
  echo: measureRate,
  relay: measureRate,
  idle: measureMemory,
  scale: measureScale,
  mixed: measureLatency,
  codec: measureCodec,
};

/** Measures all of `peers` that can run the workload. */
export const measure: Measure = async (workload, peers, options) => {
  const way = ways[workload.kind];
  if (workload.kind === "codec") return way(workload, peers, options);
  const able = peers.filter((peer) => takesPart(peer, workload));
  return able.length === 0 ? [] : way(workload, able, options);
};
