// The peers: which there are, what builds them, and where their programs lie. Nothing is run here.

import { fileURLToPath } from "node:url";

/** Which library a peer runs on: quirks and scenarios are told apart by this. */
export type Library = "go" | "rust";

export interface Peer {
  /** As it stands in the matrix. */
  readonly name: string;
  readonly library: Library;
  /** The library with its version, as its lock file says. */
  readonly version: string;
  /** The program that builds it. */
  readonly tool: "go" | "cargo";
  /** Arguments of the tool. */
  readonly build: readonly string[];
  /** Where the tool is run. */
  readonly folder: string;
  /** The built program. */
  readonly program: string;
  /** A release that is still in use: what has changed since is kept in view. */
  readonly isOlder: boolean;
}

/** Of interop/, from both src/ and dist/. */
const root = fileURLToPath(new URL("..", import.meta.url));

function goPeer(version: string, isOlder: boolean): Peer {
  const program = `${root}.build/go-${version}`;
  const module = isOlder ? `go-${version}.mod` : "go.mod";
  return {
    name: isOlder ? `go ${version}` : "go",
    library: "go",
    version: `golang.ngrok.com/muxado/v2 v${version}`,
    tool: "go",
    build: ["build", "-trimpath", "-mod=readonly", `-modfile=${module}`, "-o", program, "."],
    folder: `${root}peers/go`,
    program,
    isOlder,
  };
}

function rustPeer(version: string): Peer {
  const target = `${root}.build/rust`;
  return {
    name: "rust",
    library: "rust",
    version: `muxado ${version}`,
    tool: "cargo",
    build: ["build", "--release", "--locked", "--quiet", "--target-dir", target],
    folder: `${root}peers/rust`,
    program: `${target}/release/interop-peer`,
    isOlder: false,
  };
}

/** All of them. The versions are those of go.mod, go-2.0.1.mod and Cargo.lock: a test compares. */
export const peers: readonly Peer[] = [
  goPeer("2.0.2", false),
  rustPeer("0.5.4"),
  goPeer("2.0.1", true),
];
