// What a peer of the comparison has to offer. Each is written as its own users would write it.

import type { Program } from "@muxado/peers";
import type { EchoPayload } from "./payload.ts";
import type { ServerKind, Workload, WorkloadKind } from "./workload.ts";

/** All traffic is local. */
export const LOOPBACK = "127.0.0.1";

/** One that runs in Node, in a process that knows how; or one that is a program of its own. */
export type Peer = NodePeer | ProgramPeer;

interface Traits {
  readonly name: string;
  /** What it is, for whoever reads the table. */
  readonly description: string;
  /** Streams that idle and scale open at the most; fewer where more would take minutes or file descriptors. */
  readonly idleStreams: number;
  /** Whether it has as many streams as asked for; else all goes over its one. */
  readonly multiplexes: boolean;
  readonly supports: (workload: Workload) => boolean;
}

export interface NodePeer extends Traits {
  /** Options of Node's own that its processes are started with. Default: none. */
  readonly execArgv?: readonly string[];
  /** Listens on a free port, which it returns, and serves until the process ends. */
  readonly serve: (kind: ServerKind) => Promise<number>;
  readonly connect: (port: number, kind: ServerKind) => Promise<Connection>;
}

export interface ProgramPeer extends Traits {
  /** It takes the arguments of process.ts and says what that says. */
  readonly program: Program;
}

/** The client's side of one connection, or of what stands for it. */
export interface Connection {
  /** Opens a stream, sends the request, half-closes, and returns all that is sent back. */
  exchange(body: Uint8Array): Promise<Uint8Array>;
  /** Sends `length` bulk bytes in one stream, `size` in each write, half-closes, and returns all that is sent back. */
  upload(length: number, size: number): Promise<Uint8Array>;
  /** Opens a stream, sends the request, returns the reply, and keeps the stream open. */
  hold(body: Uint8Array): Promise<Uint8Array>;
  /** Opens a stream, sends the payload, half-closes, and checks what comes back while it sends. */
  echo?(payload: EchoPayload): Promise<void>;
  /** Microseconds that each congested write since the last call took, until the peer had read it and said so. */
  drains?(): number[];
}

/** The tasks that programs in other languages know. */
const programKinds: ReadonlySet<WorkloadKind> = new Set(["open", "bulk", "idle", "echo"]);

/** Whether `peer` can be measured in `workload`. */
export function takesPart(peer: Peer, workload: Workload): boolean {
  if (workload.kind === "codec") return false;
  if ("program" in peer && !programKinds.has(workload.kind)) return false;
  return peer.supports(workload);
}
