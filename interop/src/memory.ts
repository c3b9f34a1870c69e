// How much memory our own process holds on to, measured while something goes on.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Milliseconds between two measurements. */
const INTERVAL = 50;

/** Runs `work`, and says by how many bytes at most the memory in use grew meanwhile. */
export async function growthDuring(work: Promise<unknown>): Promise<number> {
  const before = inUse();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, inUse())), INTERVAL);
  try {
    await work;
  } finally {
    clearInterval(timer);
  }
  return most - before;
}

/** Without garbage, so that it is what somebody holds. */
function inUse(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

// The flag can be set while the program runs; a new context then has the function.
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
