// The peers: which there are, what builds them, and where their programs lie. Nothing is run here.

import { fileURLToPath } from "node:url";

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
  /** The library with its version, as its lock file says. */
  readonly version: string;
  /** The program that builds it; undefined if nothing has to be built. */
  readonly tool: "go" | "cargo" | undefined;
  /** Arguments of the tool. */
  readonly build: readonly string[];
  /** Where the tool is run. */
  readonly folder: string;
  /** The program, and the arguments that it always has. */
  readonly program: readonly [string, ...string[]];
  /** A release that is still in use: what has changed since is kept in view. */
  readonly isOlder: boolean;
}

/** Ends its session without a GOAWAY (B6, H13). */
export function hangsUpSilently({ library }: Peer): boolean {
  return library === "rust" || library === "yamux-go";
}

/** Of interop/, from both src/ and dist/. */
const root = fileURLToPath(new URL("..", import.meta.url));

/** One program has both Go libraries. */
function goProgram(release: "" | "-2.0.1"): Pick<Peer, "tool" | "build" | "folder" | "program"> {
  const program = `${root}.build/go${release}`;
  const module = `go${release}.mod`;
  return {
    tool: "go",
    build: ["build", "-trimpath", "-mod=readonly", `-modfile=${module}`, "-o", program, "."],
    folder: `${root}peers/go`,
    program: [program],
  };
}

/** One program has both crates. */
function rustProgram(): Pick<Peer, "tool" | "build" | "folder" | "program"> {
  const target = `${root}.build/rust`;
  return {
    tool: "cargo",
    build: ["build", "--release", "--locked", "--quiet", "--target-dir", target],
    folder: `${root}peers/rust`,
    program: [`${target}/release/interop-peer`],
  };
}

/** All of them. The versions are those of go.mod, go-2.0.1.mod, Cargo.lock and package.json: a test compares. */
export const peers: readonly Peer[] = [
  {
    name: "go",
    library: "go",
    wire: "muxado",
    version: "golang.ngrok.com/muxado/v2 v2.0.2",
    ...goProgram(""),
    isOlder: false,
  },
  {
    name: "rust",
    library: "rust",
    wire: "muxado",
    version: "muxado 0.5.4",
    ...rustProgram(),
    isOlder: false,
  },
  {
    name: "go 2.0.1",
    library: "go",
    wire: "muxado",
    version: "golang.ngrok.com/muxado/v2 v2.0.1",
    ...goProgram("-2.0.1"),
    isOlder: true,
  },
  {
    name: "yamux-go",
    library: "yamux-go",
    wire: "yamux",
    version: "github.com/hashicorp/yamux v0.1.2",
    ...goProgram(""),
    isOlder: false,
  },
  {
    name: "yamux-rust",
    library: "yamux-rust",
    wire: "yamux",
    version: "yamux 0.13.10",
    ...rustProgram(),
    isOlder: false,
  },
  {
    name: "yamux-js",
    library: "yamux-js",
    wire: "yamux",
    version: "@libp2p/yamux 8.0.3",
    tool: undefined,
    build: [],
    folder: root,
    program: [process.execPath, `${root}peers/js/main.mjs`],
    isOlder: false,
  },
];
