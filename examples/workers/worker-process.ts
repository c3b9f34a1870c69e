// A worker, seen from its parent: a child process, and a session with it.

import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { attach } from "@muxado/node";
import { type Routes, TypedSession } from "@muxado/typed";
import { type Carrier, KEY, PIPE, REPORT, SEAL } from "./protocol.ts";

/** The child's streams, in the order of their file descriptors: stdin, stdout, stderr, and the pipe. */
const STDIO = {
  stdio: ["pipe", "pipe", "inherit"],
  pipe: ["ignore", "inherit", "inherit", "pipe"],
} as const;

/** A running worker. */
export class WorkerProcess {
  readonly name: string;
  readonly session: TypedSession;
  readonly #child: ChildProcess;

  /** @param key the key for the seals. The worker asks for it, on a stream that the worker opens. */
  constructor(name: string, carrier: Carrier, key: Uint8Array) {
    this.name = name;
    const program = fileURLToPath(new URL("worker.js", import.meta.url));
    const child = spawn(process.execPath, [program, name, carrier], { stdio: [...STDIO[carrier]] });
    const transport =
      carrier === "pipe"
        ? (child.stdio[PIPE] as Duplex)
        : { readable: child.stdout!, writable: child.stdin! };
    this.#child = child;
    this.session = new TypedSession(attach(transport, { role: "client" }));
    child.on("error", (error) => this.session.destroy(error)); // it could not be started
    // A worker that hangs keeps its pipes open, so only its end would be noticed. It is killed with its session.
    void this.session.closed.then(() => child.kill("SIGKILL"));

    const routes: Routes = {
      [KEY]: async (stream) => {
        await stream.write(key);
        await stream.close();
      },
      [REPORT]: async (stream) => {
        console.log(`  ${await new Response(stream.readable).text()}`);
        await stream.close();
      },
    };
    void this.session.serve(routes);
  }

  /** Lets the worker seal `parts`. They are made only as fast as the worker takes them. */
  async seal(parts: Iterable<Uint8Array>): Promise<string> {
    const stream = this.session.open({ type: SEAL });
    try {
      for (const part of parts) await stream.write(part);
      await stream.closeWrite();
      return await new Response(stream.readable).text();
    } catch (error) {
      stream.reset();
      throw error;
    }
  }

  /** Asks the worker to finish its jobs and to leave. */
  retire(): void {
    this.#child.kill("SIGTERM");
  }

  /** Ends the worker, whatever it is doing. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }
}
