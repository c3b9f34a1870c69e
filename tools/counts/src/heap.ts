// Bytes of the heap: how many `work` allocates, and how many remain after it. This process must have a new generation
// so large that nothing is collected while it measures (see main.ts). A collection that happens all the same makes the
// figure wrong, so it is detected.

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
 * Returns the bytes that `work` leaves behind and only a full collection frees. Nothing uses them, but collections of
 * the new generation keep them, because something dead and older still points to them.
 */
export async function outlivedBy(work: () => Promise<void>): Promise<number> {
  globalThis.gc!();
  await idle();
  const before = process.memoryUsage().heapUsed;
  await work();
  await idle();
  // The second collection moves the objects that have survived the first to the old generation.
  for (let time = 0; time < 2; time++) globalThis.gc!({ type: "minor" });
  return process.memoryUsage().heapUsed - before;
}

/** Returns the bytes of memory outside of the heap that `work` takes, also those that are garbage after it. */
export async function takenBy(work: () => Promise<void>): Promise<number> {
  inUse();
  // Such memory is given back in another thread.
  await idle();
  const before = process.memoryUsage().arrayBuffers;
  await work();
  return process.memoryUsage().arrayBuffers - before;
}

/** Returns the bytes that remain in use after `work`, on the heap and outside of it. */
export async function retainedBy(work: () => Promise<void>): Promise<number> {
  const before = inUse();
  await work();
  await idle();
  return inUse() - before;
}

function inUse(): number {
  // Twice: the second collection frees the objects that the first has finalized.
  globalThis.gc!();
  globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Waits: an observer gets its entries in a later turn. */
function idle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
