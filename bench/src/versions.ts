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
    "@muxado/ws": ownVersion("ws"),
    "@muxado/yamux": ownVersion("yamux"),
    commit: outputOf("git", ["describe", "--always", "--dirty"]) ?? "unknown",
    node: process.versions.node,
    v8: process.versions.v8,
    libuv: process.versions.uv,
    nghttp2: process.versions["nghttp2"] ?? "none",
    ws: versionIn("../node_modules/ws/package.json"),
    "@libp2p/yamux": versionIn("../node_modules/@libp2p/yamux/package.json"),
    "hashicorp/yamux": hashicorpYamux(),
    go: outputOf("go", ["version"])?.replace(/^go version go/, "") ?? "none",
    system: `${type()} ${release()} ${process.arch}`,
    processors: `${processors.length} × ${processors[0]?.model ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  };
}

function ownVersion(name: string): string {
  return versionIn(`../../packages/${name}/package.json`);
}

/** `manifest` is relative to this file. */
function versionIn(manifest: string): string {
  return (JSON.parse(textOf(manifest)) as { version: string }).version;
}

function hashicorpYamux(): string {
  return /yamux v(\S+)/.exec(textOf("../peers/go-yamux/go.mod"))![1]!;
}

function textOf(file: string): string {
  return readFileSync(new URL(file, import.meta.url), "utf8");
}

/** What a program prints, run where this file lies; undefined if it fails or is missing. */
function outputOf(program: string, args: string[]): string | undefined {
  try {
    const cwd = new URL(".", import.meta.url);
    return execFileSync(program, args, { cwd, encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return undefined;
  }
}
