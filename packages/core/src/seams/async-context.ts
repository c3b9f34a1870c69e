// Keeping the context of a caller on runtimes that have Node's async hooks. Core imports no module of Node's, so an
// adapter brings the class.

import type { KeepContext } from "./observer.ts";

/** `AsyncResource` of Node's module `async_hooks`, as far as it is used here. */
type ResourceClass = new (
  type: string,
  options: { readonly requireManualDestroy: boolean },
) => {
  runInAsyncScope<Target>(method: (this: Target) => void, target: Target): void;
};

/** Keeps the AsyncLocalStorage stores of its caller. `AsyncLocalStorage.snapshot` does the same, and is slow in Node 20. */
export function contextBy(AsyncResource: ResourceClass): KeepContext {
  return () => {
    // If a tracer has a destroy hook, Node would watch each one for its collection.
    const resource = new AsyncResource("MUXADO", { requireManualDestroy: true });
    return (method, target) => resource.runInAsyncScope(method, target);
  };
}
