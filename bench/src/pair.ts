// A server and a client of one peer, as their parent holds them, and a relay between them if wanted. Each is a process
// of its own.

import { type ChildProcess, fork, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Answer, Latency, Memory, Task } from "./messages.ts";
import type { Peer } from "./peer.ts";
import { processorTimeOf } from "./processor-time.ts";
import type { ServerKind } from "./workload.ts";

/** Milliseconds for an answer. The longest rounds take half a minute. */
const PATIENCE = 5 * 60_000;

/** Memory of both sides. */
export interface PairMemory {
  readonly client: Memory;
  readonly server: Memory;
}

/** A process of a pair. */
export type Side = "client" | "relay" | "server";

/** Milliseconds of processor time of each process. Undefined where the system does not tell. */
export type ProcessorTimes = ReadonlyMap<Side, number | undefined>;

export class Pair {
  /** In the order in which they have to end: a client would see the end of its server as an error. */
  readonly #children: ReadonlyMap<Side, ChildProcess>;
  readonly #isProgram: boolean;

  private constructor(children: ReadonlyMap<Side, ChildProcess>, isProgram: boolean) {
    this.#children = children;
    this.#isProgram = isProgram;
  }

  get #client(): ChildProcess {
    return this.#children.get("client")!;
  }

  /**
   * Starts the processes and connects them. `execArgv` are options of Node, such as `--cpu-prof`; other programs get
   * none.
   */
  static async start(
    peer: Peer,
    kind: ServerKind,
    execArgv: string[],
    isRelayed = false,
  ): Promise<Pair> {
    const kinds = new Map<Side, string>([
      ["server", kind],
      ...(isRelayed ? [["relay", "relay"] as const] : []),
      ["client", kind],
    ]);
    const children: [Side, ChildProcess][] = [];
    let before: string[] = [];
    for (const [side, own] of kinds) {
      // Each process connects to the one that was started before it.
      const child = start(peer, [own, ...before], execArgv);
      const { port } = (await answerOf(child)) as { port: number };
      before = [String(port)];
      children.unshift([side, child]);
    }
    return new Pair(new Map(children), "program" in peer);
  }

  /** Lets the client perform `task`. Resolves with the rate per second. */
  async rate(task: Task): Promise<number> {
    const { rate } = (await ask(this.#client, task)) as { rate: number };
    return rate;
  }

  /** Lets the client time requests by `task`. */
  async latency(task: Task): Promise<Latency> {
    const { latency } = (await ask(this.#client, task)) as { latency: Latency };
    return latency;
  }

  async memory(): Promise<PairMemory> {
    const server = this.#children.get("server")!;
    return { client: await memoryOf(this.#client), server: await memoryOf(server) };
  }

  /** The processor time that each process has used since its start. */
  async processorTimes(): Promise<ProcessorTimes> {
    const times = new Map<Side, number | undefined>();
    for (const [side, child] of this.#children) {
      times.set(side, await this.#processorTimeOf(child));
    }
    return times;
  }

  /** Node tells it on every system. Other programs do not know this task. */
  async #processorTimeOf(child: ChildProcess): Promise<number | undefined> {
    if (this.#isProgram) return processorTimeOf(child.pid!);
    const { processorTime } = (await ask(child, { do: "processor" })) as { processorTime: number };
    return processorTime;
  }

  /** Ends both processes, and waits until they have ended. */
  async stop(): Promise<void> {
    for (const child of this.#children.values()) {
      if (!child.connected) continue;
      const exit = new Promise((resolve) => child.once("exit", resolve));
      child.disconnect();
      await exit;
    }
  }
}

function start(peer: Peer, ownArgs: string[], execArgv: string[]): ChildProcess {
  const args = [peer.name, ...ownArgs];
  if ("program" in peer) {
    // The channel is the same as that of `fork`: lines of JSON, on the descriptor that NODE_CHANNEL_FD names.
    const [path, ...always] = peer.program.command;
    return spawn(path, [...always, ...args], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  }
  const file = fileURLToPath(new URL("./process.js", import.meta.url));
  return fork(file, args, { execArgv: ["--expose-gc", ...(peer.execArgv ?? []), ...execArgv] });
}

async function memoryOf(child: ChildProcess): Promise<Memory> {
  const { memory } = (await ask(child, { do: "memory" })) as { memory: Memory };
  return memory;
}

function ask(child: ChildProcess, task: Task): Promise<Answer> {
  const answer = answerOf(child);
  child.send(task);
  return answer;
}

/**
 * The next message of `child`. It rejects if the child ends or does not answer in time; the child's own report is on
 * stderr.
 */
function answerOf(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(timer);
      reject(new Error(`${child.spawnargs.slice(-3).join(" ")}: ${reason}`));
    };
    const onExit = (code: number | null): void => fail(`exit code ${code}`);
    const timer = setTimeout(() => fail("no answer in five minutes"), PATIENCE);
    child.once("exit", onExit);
    child.once("message", (answer) => {
      clearTimeout(timer);
      child.off("exit", onExit);
      resolve(answer as Answer);
    });
  });
}
