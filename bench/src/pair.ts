// A server and a client of one peer, as their parent holds them. Each is a process of its own.

import { type ChildProcess, fork, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Answer, Latency, Memory, Task } from "./messages.ts";
import type { Peer } from "./peer.ts";
import type { ServerKind } from "./workload.ts";

/** Milliseconds for an answer. The longest rounds take half a minute. */
const PATIENCE = 5 * 60_000;

/** Memory of both sides. */
export interface PairMemory {
  readonly client: Memory;
  readonly server: Memory;
}

export class Pair {
  readonly #server: ChildProcess;
  readonly #client: ChildProcess;

  private constructor(server: ChildProcess, client: ChildProcess) {
    this.#server = server;
    this.#client = client;
  }

  /**
   * Starts both processes and connects them. `execArgv` are options of Node, such as `--cpu-prof`; other programs get
   * none.
   */
  static async start(peer: Peer, kind: ServerKind, execArgv: string[]): Promise<Pair> {
    const server = start(peer, [kind], execArgv);
    const { port } = (await answerOf(server)) as { port: number };
    const client = start(peer, [kind, String(port)], execArgv);
    await answerOf(client);
    return new Pair(server, client);
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
    return { client: await memoryOf(this.#client), server: await memoryOf(this.#server) };
  }

  /** Ends both processes, and waits until they have ended. */
  async stop(): Promise<void> {
    for (const child of [this.#client, this.#server]) {
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
