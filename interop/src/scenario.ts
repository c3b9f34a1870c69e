// What can be run in a cell: scenarios, which are what real programs do, and quirks, which are what one peer
// does in its own way. Each runs with us as the client and as the server.

import type { Cell } from "./cell.ts";
import type { Library, Peer, Wire } from "./peers.ts";

/** Something that real programs do, from both ends. */
export interface Scenario {
  readonly name: string;
  /** The wire it is about. Default: both. */
  readonly wire?: Wire;
  /** The peers it is about. Default: all. */
  readonly only?: readonly Library[];
  readonly run: (cell: Cell) => Promise<void>;
  /** Peers that make it impossible: the quirk to blame, which must have a `run`, and why. */
  readonly impossible?: Partial<Record<Library, readonly [quirk: string, because: string]>>;
}

/** Something that a peer does in its own way. */
export interface Quirk {
  /** Its number in the appendix of its wire's specification. */
  readonly id: string;
  /** Both: Go's and Rust's muxado. */
  readonly library: Library | "both";
  /** What the peer does. */
  readonly does: string;
  /** Its smallest reproduction, which is what `run` does; or why there is none. */
  readonly shown: string;
  /** How our side of it is held: by a test, by never provoking it, or not at all. */
  readonly mark: "tested" | "by construction" | "open";
  /** What our sessions do about it, and which scenario or test says so. */
  readonly ours: string;
  /** Absent if it cannot be shown from outside, or is shown by others. */
  readonly run?: (cell: Cell) => Promise<void>;
  /** For an older release that does something else. */
  readonly older?: Pick<Quirk, "does" | "shown"> & { readonly run: (cell: Cell) => Promise<void> };
}

/** The test of `quirk` with `peer`, which may be an older release; undefined if there is none. */
export function quirkTest(quirk: Quirk, peer: Peer): Quirk["run"] {
  const isAbout =
    quirk.library === "both" ? peer.wire === "muxado" : quirk.library === peer.library;
  if (!isAbout) return undefined;
  return peer.isOlder && quirk.older !== undefined ? quirk.older.run : quirk.run;
}
