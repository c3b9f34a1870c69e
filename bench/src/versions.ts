// The measured versions and the machine. Figures without them have no meaning.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { goBench, rustBench, versionOf } from "@muxado/peers";

/** Names with versions, in the order in which to print them. */
export function versions(): Record<string, string> {
  const processors = cpus();
  return {
    "@muxado/core": ownVersion("core"),
    "@muxado/frame": ownVersion("frame"),
    "@muxado/node": ownVersion("node"),
    "@muxado/ws": ownVersion("ws"),
    "@muxado/yamux": ownVersion("yamux"),
    commit: outputOf("git", ["describe", "--always", "--dirty"]) ?? "unknown",
    node: process.versions.node,
    v8: process.versions.v8,
    libuv: process.versions.uv,
    openssl: process.versions.openssl,
    nghttp2: process.versions["nghttp2"] ?? "none",
    ws: versionIn("../node_modules/ws/package.json"),
    "@libp2p/yamux": versionIn("../node_modules/@libp2p/yamux/package.json"),
    "yamux-js": versionIn("../node_modules/yamux-js/package.json"),
    "muxado/v2 (Go)": goModule("golang.ngrok.com/muxado/v2"),
    "hashicorp/yamux": goModule("github.com/hashicorp/yamux"),
    go: outputOf("go", ["version"])?.replace(/^go version go/, "") ?? "none",
    "muxado (Rust)": versionOf(rustBench, "muxado"),
    "yamux (Rust)": versionOf(rustBench, "yamux"),
    rust: outputOf("rustc", ["--version"])?.replace(/^rustc /, "") ?? "none",
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
  const text = readFileSync(new URL(manifest, import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** The version without the letter that Go puts before it. */
function goModule(name: string): string {
  return versionOf(goBench, name).replace(/^v/, "");
}

/** The output of a program that runs in the folder of this file. Undefined if the program fails or is missing. */
function outputOf(program: string, args: string[]): string | undefined {
  try {
    const cwd = new URL(".", import.meta.url);
    return execFileSync(program, args, { cwd, encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return undefined;
  }
}
