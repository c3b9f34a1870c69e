// @muxado/testkit/processes: the processes of one run, for tests of how a session ends. They are built from the sources
// of a program, and removed when the run is over.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";
import type { CloserReport, Plan, ReaderReport } from "../closing/plan.ts";
import type { Outcome } from "../closing/suite.ts";
import { type Address, slowLink } from "./relay.ts";

type Role = "client" | "server";

/** A message of a process about itself, or about a process that it has started. */
export type Message =
  /** The address of the server. */
  | { readonly role: Role; readonly kind: "listening"; readonly address: Address }
  /** The result of its part. */
  | { readonly role: Role; readonly kind: "report"; readonly report: CloserReport | ReaderReport }
  | { readonly role: Role; readonly kind: "exit"; readonly code: number | null };

/** Builds one program from `entry` and its imports, before the tests of a file. @returns a function for its path */
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

/** The processes of one plan. */
export class Processes {
  /** For the sockets and files of the run. It is removed with the run. */
  readonly folder: string;
  readonly #children: ChildProcess[] = [];
  readonly #links: Server[] = [];
  readonly #said: Message[] = [];
  #onNews: () => void = () => {};

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes a run that leaves nothing behind. It ends early when `signal` aborts. */
  static async run<Result>(
    signal: AbortSignal,
    body: (processes: Processes) => Promise<Result>,
  ): Promise<Result> {
    const processes = new Processes(await mkdtemp(path.join(tmpdir(), "muxado-")));
    const stop = (): void => void processes.#end();
    signal.addEventListener("abort", stop);
    try {
      return await body(processes);
    } finally {
      signal.removeEventListener("abort", stop);
      await processes.#end();
      await rm(processes.folder, { recursive: true });
    }
  }

  /** Starts a process, which gets `task` as its only argument. */
  start<Task extends { readonly role: Role }>(file: string, task: Task): void {
    const { role } = task;
    const child = fork(file, [JSON.stringify(task)], { execArgv: [] });
    child.on("message", (message) => this.#hear(message as Message));
    child.once("exit", (code) => this.#hear({ role, kind: "exit", code }));
    this.#children.push(child);
  }

  /** Resolves with the address of the server, or of a link of `rate` bytes a second each way in front of it. */
  async address(rate?: number): Promise<Address> {
    const { address } = await this.#heard("server", "listening");
    if (rate === undefined) return address;
    const isPath = typeof address === "string";
    const link = await slowLink(address, rate, isPath ? path.join(this.folder, "link") : 0);
    this.#links.push(link);
    return isPath ? path.join(this.folder, "link") : (link.address() as AddressInfo).port;
  }

  /** Resolves with all reports, after all processes have ended by themselves. */
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

  /** Ends every process that still runs. */
  async #end(): Promise<void> {
    for (const link of this.#links) link.close();
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
      // The other process may wait forever for a process that has failed.
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
