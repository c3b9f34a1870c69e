// Waits for an event of any emitter, despite errors that it emits meanwhile: `once` of node:events would reject.

/** The common part of the libraries' emitters. Each types its own events. */
interface Emitter {
  once(event: never, listener: never): unknown;
}

/** Resolves with the arguments of the next event `name`. */
export function happens<Arguments extends readonly unknown[] = readonly unknown[]>(
  emitter: Emitter,
  name: string,
): Promise<Arguments> {
  return new Promise((resolve) => {
    const listener = (...values: unknown[]): void => resolve(values as unknown as Arguments);
    emitter.once(name as never, listener as never);
  });
}
