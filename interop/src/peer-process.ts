// One running peer: commands go in, answers and reports come out, one JSON object a line. It knows nothing of
// what they mean, and leaves no process behind.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { CellLog } from "./cell-log.ts";
import { Mailbox } from "./mailbox.ts";
import type { Peer } from "./peers.ts";
import type { Ending } from "./payload.ts";

/** Milliseconds in which a process that runs gives its answer, even on a busy machine. */
const STOP_TIME = 100;

/** One line of a peer's. */
export type Report = Readonly<Record<string, unknown>>;

/** What a peer could not do. */
export class PeerError extends Error {
  /** The code of its library's error; null if that has none. */
  readonly code: number | null;

  constructor(ending: Exclude<Ending, "clean">) {
    super(ending.text);
    this.name = "PeerError";
    this.code = ending.code;
  }
}

/** A peer's process. */
export class PeerProcess {
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<unknown>;
  /** What it has said that is nobody's business but a reader's, such as a panic. */
  stderr = "";
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #log: CellLog;
  readonly #reports: Mailbox<Report> = new Mailbox();
  #lastCall = 0;

  constructor(peer: Peer, args: readonly string[], log: CellLog) {
    this.#log = log;
    const [program, ...always] = peer.program.command;
    this.#child = spawn(program, [...always, ...args]);
    this.ended = once(this.#child, "close").catch(ignore);
    createInterface(this.#child.stdout).on("line", (line) => this.#read(line));
    this.#child.stderr.on("data", (chunk: Buffer) => {
      this.stderr += String(chunk);
      log.add("peer !", String(chunk).trim());
    });
    // A command may come too late; whoever waits for its answer is told by the end of the process.
    this.#child.stdin.on("error", ignore);
    this.#child.on("error", (error) => log.add("peer !", error.message));
    void this.ended.then(() => this.#end());
  }

  /** Tells the peer to do something. @throws {PeerError} if it could not. */
  async call(verb: string, fields: Report = {}): Promise<Report> {
    const id = ++this.#lastCall;
    const line = JSON.stringify({ id, do: verb, ...fields });
    this.#log.add("peer →", line);
    const answered = this.next((report) => report.answer === id);
    this.#child.stdin.write(`${line}\n`);
    const { answer: _, error, ...rest } = await answered;
    if (error !== undefined) throw new PeerError(error as Exclude<Ending, "clean">);
    return rest;
  }

  /** The next report that is `wanted`, also one that has come before and nobody waited for. */
  next(wanted: (report: Report) => boolean): Promise<Report> {
    return this.#reports.next(wanted);
  }

  /** Stops the process until it is told SIGCONT. A signal takes a moment: resolves when it no longer answers. */
  async stop(): Promise<void> {
    this.signal("SIGSTOP");
    let isRunning = true;
    while (isRunning) {
      const answered = this.call("memory").then(() => true, ignore);
      isRunning = (await Promise.race([answered, sleep(STOP_TIME)])) === true;
    }
  }

  signal(name: "SIGSTOP" | "SIGCONT" | "SIGKILL"): void {
    this.#log.add("peer →", name);
    this.#child.kill(name);
  }

  /** Ends the process, also one that is stopped or stuck. */
  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  #read(line: string): void {
    this.#log.add("peer ←", line);
    this.#reports.deliver(JSON.parse(line) as Report);
  }

  #end(): void {
    this.#log.add("peer !", "its process has ended");
    this.#reports.end(new Error("the peer's process has ended"));
  }
}

function ignore(): void {}
