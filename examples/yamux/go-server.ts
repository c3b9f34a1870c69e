// The server in Go, in its own process.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The folder of the Go sources, seen from the build. */
const SOURCES = fileURLToPath(new URL("../../yamux/server", import.meta.url));

/** The built and running server. */
export class GoServer {
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(port: number, process: ChildProcess, folder: string) {
    this.port = port;
    this.#process = process;
    this.#folder = folder;
  }

  /** Whether Go is installed. */
  static get isPossible(): boolean {
    return spawnSync("go", ["version"]).status === 0;
  }

  static async start(): Promise<GoServer> {
    const folder = await mkdtemp(join(tmpdir(), "yamux-example-"));
    const program = join(folder, "server");
    const built = spawnSync("go", ["build", "-mod=readonly", "-o", program, "."], {
      cwd: SOURCES,
      encoding: "utf8",
    });
    if (built.status !== 0) throw new Error(`go build has failed:\n${built.stderr}`);
    const process = spawn(program, { stdio: ["ignore", "pipe", "inherit"] });
    const [port] = (await once(createInterface(process.stdout), "line")) as [string];
    return new GoServer(Number(port), process, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#process, "exit");
    this.#process.kill();
    await exit;
    await rm(this.#folder, { recursive: true });
  }
}
