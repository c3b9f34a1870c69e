// hashicorp/yamux, the original, between two processes of a Go program: peers/go-yamux. Nothing of it runs in
// Node; the program is built when it is first asked for, and again when it has changed.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ProgramPeer } from "../peer.ts";

/** Of bench/, from both src/ and dist/. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const tool = "go";
const program = `${root}.build/go-yamux`;

export const goYamux: ProgramPeer = {
  name: "go-yamux",
  description: "hashicorp/yamux in Go on both sides: a goroutine for each stream, default options",
  idleStreams: 100_000,
  multiplexes: true,
  supports: () => true,
  program,
  build,
};

/** The best that its users could make of it: a larger window, and not a system call for each header and each body. */
export const goYamuxTuned: ProgramPeer = {
  ...goYamux,
  name: "go-yamux-tuned",
  description:
    "the same with its window raised, over a connection of ours that gathers the frames of several writes",
};

function build(): string | undefined {
  const args = ["build", "-trimpath", "-mod=readonly", "-o", program, "."];
  const { status, error, stderr } = spawnSync(tool, args, {
    cwd: `${root}peers/go-yamux`,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (error !== undefined) {
    return "code" in error && error.code === "ENOENT" ? `${tool} is not installed` : error.message;
  }
  return status === 0 ? undefined : `${tool} build failed:\n${stderr}`;
}
