// Measures the time until a library learns that its connection is lost.

/**
 * Calls `cut`, and waits until `known` settles.
 *
 * @returns a note with the time between. It is only for readers: a busy machine can delay this process.
 */
export async function knows(known: Promise<unknown>, cut: () => unknown): Promise<string> {
  const start = performance.now();
  let milliseconds = 0;
  const settled = known.finally(() => {
    milliseconds = performance.now() - start;
  });
  await Promise.all([settled, cut()]);
  return `known after ${milliseconds.toFixed(0)} ms`;
}
