// The memory that our own process holds, measured during other work.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Milliseconds between two measurements. */
const INTERVAL = 50;

/**
 * Least ratio of the pause to the measurement before it, so that measuring takes no more than a fifth of the time. A
 * collection takes long on a busy machine.
 */
const SHARE = 5;

/** Runs `work`, and returns the greatest growth of the memory in use during that time, in bytes. */
export async function growthDuring(work: Promise<unknown>): Promise<number> {
  const before = inUse();
  let most = before;
  const measure = (): void => {
    const start = performance.now();
    most = Math.max(most, inUse());
    const pause = SHARE * (performance.now() - start);
    timer = setTimeout(measure, Math.max(INTERVAL, pause));
  };
  let timer = setTimeout(measure, INTERVAL);
  try {
    await work;
  } finally {
    clearTimeout(timer);
  }
  return most - before;
}

/**
 * The memory in use without garbage, so that it counts only what is referenced. A collection frees its buffers later:
 * up to 12 MB of them while frames come fast. The second collection waits for that.
 */
function inUse(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

// The flag can be set at run time. A new context then has the function.
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
