// The peers: which there are, and which program each of them is. Nothing is run here.

import { goInterop, goInteropOlder, jsInterop, type Program, rustInterop } from "@muxado/peers";

/** What goes over a connection: a peer speaks one of them, and our session the same. */
export const wires = ["muxado", "yamux"] as const;
export type Wire = (typeof wires)[number];

/** Which library a peer runs on: quirks and scenarios are told apart by this. */
export type Library = "go" | "rust" | "yamux-go" | "yamux-rust" | "yamux-js";

export interface Peer {
  /** As it stands in the matrix. */
  readonly name: string;
  readonly library: Library;
  readonly wire: Wire;
  /** The library with its version. */
  readonly version: string;
  /** One program has all libraries of its language. */
  readonly program: Program;
  /** A release that is still in use: what has changed since is kept in view. */
  readonly isOlder: boolean;
}

/** Ends its session without a GOAWAY (B6, H13). */
export function hangsUpSilently({ library }: Peer): boolean {
  return library === "rust" || library === "yamux-go";
}

/** All of them. The versions are those that the programs are built with: a test compares. */
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
