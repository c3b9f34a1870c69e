// Keeps the context of a caller on runtimes that have Node's async hooks. Core imports no module of Node, so an adapter
// passes the class.

import type { KeepContext } from "./observer.ts";

/** The part of `AsyncResource`, from Node's module `async_hooks`, that this file uses. */
type ResourceClass = new (
  type: string,
  options: { readonly requireManualDestroy: boolean },
) => {
  runInAsyncScope<Target>(method: (this: Target) => void, target: Target): void;
};

/**
 * Keeps the AsyncLocalStorage stores of its caller. `AsyncLocalStorage.snapshot` does the same, but is slow in Node 20.
 */
export function contextBy(AsyncResource: ResourceClass): KeepContext {
  return () => {
    // Without this option, Node would watch the garbage collection of each resource if a tracer has a destroy hook.
    const resource = new AsyncResource("MUXADO", { requireManualDestroy: true });
    return (method, target) => resource.runInAsyncScope(method, target);
  };
}
