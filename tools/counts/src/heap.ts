// Bytes of the heap: what is allocated while something runs, and what is kept after it. The process that asks has a
// new generation so large that nothing is collected in between (see main.ts); a collection that comes all the same
// spoils the figure, and is found out.

import { PerformanceObserver } from "node:perf_hooks";

/** Bytes that `work` allocates on JavaScript's heap. */
export async function allocatedBy(work: () => Promise<void>): Promise<number> {
  let collections = 0;
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
  globalThis.gc!();
  await idle();
  observer.observe({ entryTypes: ["gc"] });
  const before = process.memoryUsage().heapUsed;
  await work();
  const after = process.memoryUsage().heapUsed;
  await idle();
  observer.disconnect();
  if (collections > 0) throw new Error(`${collections} garbage collections while it was counted`);
  return after - before;
}

/**
 * Bytes that `work` leaves behind for a full collection, which the collections of the new generation do not free though
 * nobody needs them: what something dead still points to that is older.
 */
export async function outlivedBy(work: () => Promise<void>): Promise<number> {
  globalThis.gc!();
  await idle();
  const before = process.memoryUsage().heapUsed;
  await work();
  await idle();
  // What has outlived one is moved to the old generation by the second.
  for (let time = 0; time < 2; time++) globalThis.gc!({ type: "minor" });
  return process.memoryUsage().heapUsed - before;
}

/** Bytes that are kept when `work` is done, on the heap and outside. */
export async function retainedBy(work: () => Promise<void>): Promise<number> {
  const before = inUse();
  await work();
  await idle();
  return inUse() - before;
}

function inUse(): number {
  // Twice: what the first one finalizes is freed by the second.
  globalThis.gc!();
  globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Entries of an observer come in a later turn. */
function idle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
