// The interface of a peer of the comparison. Each peer is written as its own users would write it.

import type { Program } from "@muxado/peers";
import type { EchoPayload } from "./payload.ts";
import type { ServerKind, Workload, WorkloadKind } from "./workload.ts";

/** All traffic is local. */
export const LOOPBACK = "127.0.0.1";

/** A peer runs in Node, in a process of this benchmark, or it is a program of its own. */
export type Peer = NodePeer | ProgramPeer;

interface Traits {
  readonly name: string;
  /** Describes the peer for readers of the table. */
  readonly description: string;
  /**
   * Streams that idle and scale open at most. The number is smaller where more streams would need minutes or too many
   * file descriptors.
   */
  readonly idleStreams: number;
  /** Whether the peer can have as many streams as asked for. Otherwise all bytes go over its one stream. */
  readonly multiplexes: boolean;
  readonly supports: (workload: Workload) => boolean;
}

export interface NodePeer extends Traits {
  /** Options of Node for the processes of the peer. Default: none. */
  readonly execArgv?: readonly string[];
  /** Listens on a free port, which it returns, and serves until the process ends. */
  readonly serve: (kind: ServerKind) => Promise<number>;
  readonly connect: (port: number, kind: ServerKind) => Promise<Connection>;
  /**
   * Listens on a free port, which it returns. Carries each stream on, over a stream to the server on `port`, in both
   * directions, until the process ends. Default: the peer has no relay.
   */
  readonly relay?: (port: number) => Promise<number>;
}

export interface ProgramPeer extends Traits {
  /** The program takes the arguments of process.ts and sends the same messages. */
  readonly program: Program;
}

/** The client's side of one connection, or of the object that replaces a connection. */
export interface Connection {
  /** Opens a stream, sends the request, half-closes, and returns all bytes that come back. */
  exchange(body: Uint8Array): Promise<Uint8Array>;
  /**
   * Sends `length` bulk bytes in one stream, `size` in each write, half-closes, and returns all bytes that come back.
   */
  upload(length: number, size: number): Promise<Uint8Array>;
  /** Opens a stream, sends the request, returns the reply, and keeps the stream open. */
  hold(body: Uint8Array): Promise<Uint8Array>;
  /** Opens a stream, sends the payload, half-closes, and checks meanwhile the bytes that come back. */
  echo?(payload: EchoPayload): Promise<void>;
  /** Opens a stream for messages that are each answered before the next is sent. */
  converse?(): Promise<Conversation>;
  /**
   * Microseconds of each congested write since the last call. A write ends when the peer has read it and has confirmed
   * that.
   */
  drains?(): number[];
}

export interface Conversation {
  /** Sends a message, and returns the answer. */
  ask(body: Uint8Array): Promise<Uint8Array>;
  /** Half-closes the stream, and waits until the server has ended it too. */
  end(): Promise<void>;
}

/** The tasks that programs in other languages can do. */
const programKinds: ReadonlySet<WorkloadKind> = new Set(["open", "bulk", "idle", "echo", "relay"]);

/** Whether `peer` can be measured in `workload`. */
export function takesPart(peer: Peer, workload: Workload): boolean {
  if (workload.kind === "codec") return false;
  if ("program" in peer && !programKinds.has(workload.kind)) return false;
  if (workload.kind === "relay" && !("program" in peer) && peer.relay === undefined) return false;
  return peer.supports(workload);
}
