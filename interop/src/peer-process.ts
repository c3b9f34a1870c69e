// One running peer. Commands go in, answers and reports come out, one JSON object per line. This file does not know
// their meaning. It leaves no process behind.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { CellLog } from "./cell-log.ts";
import { Mailbox } from "./mailbox.ts";
import type { Peer } from "./peers.ts";
import type { Ending } from "./payload.ts";

/** Milliseconds in which a running process answers, even on a busy machine. */
const STOP_TIME = 100;

/** One line of a peer. */
export type Report = Readonly<Record<string, unknown>>;

/** The failure of a command at the peer. */
export class PeerError extends Error {
  /** The code of the library's error. Null if the error has none. */
  readonly code: number | null;

  constructor(ending: Exclude<Ending, "clean">) {
    super(ending.text);
    this.name = "PeerError";
    this.code = ending.code;
  }
}

/** A peer's process. */
export class PeerProcess {
  /** Resolves when the process has ended, for any reason. */
  readonly ended: Promise<unknown>;
  /** Output of the process that only a reader needs, such as a panic. */
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
    // A command may come too late. The end of the process rejects the calls that wait for an answer.
    this.#child.stdin.on("error", ignore);
    this.#child.on("error", (error) => log.add("peer !", error.message));
    void this.ended.then(() => this.#end());
  }

  /** Sends a command to the peer. @throws {PeerError} if the peer could not do it. */
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

  /**
   * Resolves with the next report for which `wanted` returns true, even one that came earlier and that no call waited
   * for.
   */
  next(wanted: (report: Report) => boolean): Promise<Report> {
    return this.#reports.next(wanted);
  }

  /**
   * Stops the process until it gets SIGCONT. A signal needs a moment: the promise resolves when the process no longer
   * answers.
   */
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

  /** Ends the process, even if it is stopped or stuck. */
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
