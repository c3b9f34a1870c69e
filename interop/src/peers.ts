// The peers, and the program of each. This file runs nothing.

import { goInterop, goInteropOlder, jsInterop, type Program, rustInterop } from "@muxado/peers";

/** The wires. A peer speaks one of them, and our session uses the same. */
export const wires = ["muxado", "yamux"] as const;
export type Wire = (typeof wires)[number];

/** The library of a peer. Quirks and scenarios depend on it. */
export type Library = "go" | "rust" | "yamux-go" | "yamux-rust" | "yamux-js";

export interface Peer {
  /** The name in the matrix. */
  readonly name: string;
  readonly library: Library;
  readonly wire: Wire;
  /** The library with its version. */
  readonly version: string;
  /** One program contains all libraries of its language. */
  readonly program: Program;
  /** Whether it is an older release that is still in use. The matrix shows how it differs from the newer one. */
  readonly isOlder: boolean;
}

/** Whether the peer ends its session without a GOAWAY (B6, H13). */
export function hangsUpSilently({ library }: Peer): boolean {
  return library === "rust" || library === "yamux-go";
}

/** All peers. Their versions must be those that the programs are built with, and a test compares them. */
export const peers: readonly Peer[] = [
  {
    name: "go",
    library: "go",
    wire: "muxado",
    version: "golang.ngrok.com/muxado/v2 v2.0.2",
    program: goInterop,
    isOlder: false,
  },
  {
    name: "rust",
    library: "rust",
    wire: "muxado",
    version: "muxado 0.5.4",
    program: rustInterop,
    isOlder: false,
  },
  {
    name: "go 2.0.1",
    library: "go",
    wire: "muxado",
    version: "golang.ngrok.com/muxado/v2 v2.0.1",
    program: goInteropOlder,
    isOlder: true,
  },
  {
    name: "yamux-go",
    library: "yamux-go",
    wire: "yamux",
    version: "github.com/hashicorp/yamux v0.1.2",
    program: goInterop,
    isOlder: false,
  },
  {
    name: "yamux-rust",
    library: "yamux-rust",
    wire: "yamux",
    version: "yamux 0.13.10",
    program: rustInterop,
    isOlder: false,
  },
  {
    name: "yamux-js",
    library: "yamux-js",
    wire: "yamux",
    version: "@libp2p/yamux 8.0.3",
    program: jsInterop,
    isOlder: false,
  },
];
