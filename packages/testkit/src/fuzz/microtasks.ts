// What is thrown inside a microtask, as the errors of callbacks are: seen by a case before the platform sees it.

/** Passes what microtasks throw to `thrown`, until the returned function is called. */
export function watchMicrotasks(thrown: (error: unknown) => void): () => void {
  const original = globalThis.queueMicrotask;
  globalThis.queueMicrotask = (task) => {
    original(() => {
      try {
        task();
      } catch (error) {
        thrown(error);
      }
    });
  };
  return () => {
    globalThis.queueMicrotask = original;
  };
}
