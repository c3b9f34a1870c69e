// Scenarios and quirks, which can be run in a cell. A scenario is behaviour of real programs. A quirk is behaviour of
// one peer that differs from the others. Each runs with us as the client and as the server.

import type { Cell } from "./cell.ts";
import type { Library, Peer, Wire } from "./peers.ts";

/** A behaviour of real programs, from both ends. */
export interface Scenario {
  readonly name: string;
  /** The wire of the scenario. Default: both. */
  readonly wire?: Wire;
  /** The peers of the scenario. Default: all. */
  readonly only?: readonly Library[];
  readonly run: (cell: Cell) => Promise<void>;
  /** Peers that make it impossible, with the quirk that is the cause, which must have a `run`, and the reason. */
  readonly impossible?: Partial<Record<Library, readonly [quirk: string, because: string]>>;
}

/** A behaviour of a peer that differs from the others. */
export interface Quirk {
  /** Its number in the appendix of its wire's specification. */
  readonly id: string;
  /** Both: Go's and Rust's muxado. */
  readonly library: Library | "both";
  /** The behaviour of the peer. */
  readonly does: string;
  /** Its smallest reproduction, which `run` performs; or the reason why there is none. */
  readonly shown: string;
  /** How our side handles it: a test proves it, we never provoke it, or not at all. */
  readonly mark: "tested" | "by construction" | "open";
  /** How our sessions handle it, and which scenario or test proves it. */
  readonly ours: string;
  /** Absent if it cannot be shown from outside, or if other quirks show it. */
  readonly run?: (cell: Cell) => Promise<void>;
  /** The behaviour of an older release, if it differs. */
  readonly older?: Pick<Quirk, "does" | "shown"> & { readonly run: (cell: Cell) => Promise<void> };
}

/** The test of `quirk` with `peer`, which may be an older release. Undefined if there is none. */
export function quirkTest(quirk: Quirk, peer: Peer): Quirk["run"] {
  const isAbout =
    quirk.library === "both" ? peer.wire === "muxado" : quirk.library === peer.library;
  if (!isAbout) return undefined;
  return peer.isOlder && quirk.older !== undefined ? quirk.older.run : quirk.run;
}
