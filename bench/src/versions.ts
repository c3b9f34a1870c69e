// What was measured, and on what: figures without it say nothing.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";

/** Names with versions, in the order in which to print them. */
export function versions(): Record<string, string> {
  const processors = cpus();
  return {
    "@muxado/core": ownVersion("core"),
    "@muxado/node": ownVersion("node"),
    commit: commit(),
    node: process.versions.node,
    v8: process.versions.v8,
    libuv: process.versions.uv,
    nghttp2: process.versions["nghttp2"] ?? "none",
    system: `${type()} ${release()} ${process.arch}`,
    processors: `${processors.length} × ${processors[0]?.model ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  };
}

function ownVersion(name: string): string {
  const manifest = new URL(`../../packages/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
}

function commit(): string {
  try {
    const cwd = new URL(".", import.meta.url);
    const args = ["describe", "--always", "--dirty"];
    return execFileSync("git", args, { cwd, encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return "unknown";
  }
}
