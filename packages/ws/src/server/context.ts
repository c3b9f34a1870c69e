// The context that follows what a program of Node's does: its AsyncLocalStorage stores. As in @muxado/node.

import { AsyncResource } from "node:async_hooks";
import type { KeepContext } from "@muxado/core";

/** Keeps the context of its caller. `AsyncLocalStorage.snapshot` does the same, and is slow in Node 20. */
export const keepContext: KeepContext = () => {
  // If a tracer has a destroy hook, Node would watch each one for its collection.
  const resource = new AsyncResource("MUXADO", { requireManualDestroy: true });
  return (method, target) => resource.runInAsyncScope(method, target);
};
