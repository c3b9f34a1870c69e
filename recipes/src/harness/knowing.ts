// How long a library takes to learn that its connection is gone.

/**
 * Does `cut`, and waits until `known` settles.
 *
 * @returns a note with the time between. It is to be read, not asserted: other programs may hold up this one.
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
