// The processes of one run, for tests of how a session ends: made of a program's sources, and gone when the run is over.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Outcome } from "@muxado/testkit";
import type { CloserReport, Plan, ReaderReport } from "@muxado/testkit/closing";
import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";

type Role = "client" | "server";

/** What a process says of itself, or of one that it has started. */
export type Message =
  /** Where the server listens. */
  | { readonly role: Role; readonly kind: "listening"; readonly address: number | string }
  /** What became of its part. */
  | { readonly role: Role; readonly kind: "report"; readonly report: CloserReport | ReaderReport }
  | { readonly role: Role; readonly kind: "exit"; readonly code: number | null };

/** Makes one program of `entry` and what it imports, before the tests of a file. @returns its path, once there */
export function programOf(entry: string): () => string {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "muxado-"));
    await build({
      entryPoints: [entry],
      outfile: path.join(folder, "program.cjs"),
      bundle: true,
      platform: "node",
      format: "cjs",
      conditions: ["@muxado/source"],
      logLevel: "error",
    });
  });
  afterAll(() => rm(folder, { recursive: true }));
  return () => path.join(folder, "program.cjs");
}

/** What is run at once for one plan. */
export class Processes {
  readonly #children: ChildProcess[] = [];
  readonly #said: Message[] = [];
  #onNews: () => void = () => {};

  /** Starts one, which gets `task` as its only argument. */
  start<Task extends { readonly role: Role }>(file: string, task: Task): void {
    const { role } = task;
    const child = fork(file, [JSON.stringify(task)], { execArgv: [] });
    child.on("message", (message) => this.#hear(message as Message));
    child.once("exit", (code) => this.#hear({ role, kind: "exit", code }));
    this.#children.push(child);
  }

  /** Where the server listens. */
  async address(): Promise<number | string> {
    return (await this.#heard("server", "listening")).address;
  }

  /** What all have told, once all have ended by themselves. */
  async outcome({ closer, situation }: Plan): Promise<Outcome> {
    const other = closer === "client" ? "server" : "client";
    const told = await this.#heard(closer, "report");
    const exits = await Promise.all([this.#heard(closer, "exit"), this.#heard(other, "exit")]);
    const died = situation === "dies";
    const read = died ? undefined : (await this.#heard(other, "report")).report;
    return {
      closer: told.report as CloserReport,
      reader: read as ReaderReport | undefined,
      exitCodes: exits.slice(0, died ? 1 : 2).map(({ code }) => code),
    };
  }

  /** Ends whatever still runs. */
  async end(): Promise<void> {
    const running = this.#children.filter(
      (one) => one.exitCode === null && one.signalCode === null,
    );
    await Promise.all(
      running.map((child) => {
        child.kill("SIGKILL");
        return once(child, "exit");
      }),
    );
  }

  #hear(message: Message): void {
    this.#said.push(message);
    this.#onNews();
  }

  async #heard<Kind extends Message["kind"]>(
    role: Role,
    kind: Kind,
  ): Promise<Extract<Message, { kind: Kind }>> {
    for (;;) {
      const found = this.#said.find((one) => one.role === role && one.kind === kind);
      if (found !== undefined) return found as Extract<Message, { kind: Kind }>;
      // The other waits for ever, perhaps, for one that has failed.
      const exit = this.#said.find((one) => one.kind === "exit" && (one.role === role || one.code));
      if (exit !== undefined) throw new Error(`the ${exit.role} has ended before the ${kind}`);
      const before = this.#onNews;
      await new Promise<void>((resolve) => {
        this.#onNews = () => {
          before();
          resolve();
        };
      });
    }
  }
}
