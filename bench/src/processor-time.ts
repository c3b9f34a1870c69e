// The processor time that a process has used: user and system together, of all its threads, in milliseconds.

import { readdirSync, readFileSync } from "node:fs";

/** The time of this process. */
export function ownProcessorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * The time of a process in any language, as Linux tells it. Undefined on other systems. It adds up the threads, because
 * the figure of the whole process in `stat` has steps of 10 ms. A thread that has ended would be missing; the programs
 * in Go and Rust keep theirs.
 */
export function processorTimeOf(pid: number): number | undefined {
  try {
    const folder = `/proc/${pid}/task`;
    const nanoseconds = readdirSync(folder).reduce((sum, thread) => {
      const [running] = readFileSync(`${folder}/${thread}/schedstat`, "utf8").split(" ");
      return sum + Number(running);
    }, 0);
    // A system that does not count says 0 of every thread.
    return nanoseconds === 0 ? undefined : nanoseconds / 1e6;
  } catch {
    return undefined;
  }
}
