// Errors that a microtask throws, such as errors of callbacks. A case sees them before the platform does.

/** Passes errors of microtasks to `thrown`, until the returned function is called. */
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
