// How much memory our own process holds on to, measured while something goes on.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Milliseconds between two measurements. */
const INTERVAL = 50;

/** Nor more than a fifth of the time: a collection takes long where others have work, too. */
const SHARE = 5;

/** Runs `work`, and says by how many bytes at most the memory in use grew meanwhile. */
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
 * Without garbage, so that it is what somebody holds. Buffers are freed behind a collection, up to 12 MB of them while
 * frames come fast; the next one waits for that.
 */
function inUse(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

// The flag can be set while the program runs; a new context then has the function.
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
