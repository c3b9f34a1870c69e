// Waiting for an event of any emitter, whatever errors it emits meanwhile: `once` of node:events would reject.

/** What libraries' emitters have in common; each types its own events. */
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
