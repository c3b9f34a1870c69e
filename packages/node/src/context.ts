// The context that follows what a program of Node's does: its AsyncLocalStorage stores.

import { AsyncResource } from "node:async_hooks";
import type { KeepContext } from "@muxado/core";

/** Keeps the context of its caller. As `AsyncLocalStorage.snapshot`, which is fifty times as dear in Node 20. */
export const keepContext: KeepContext = () => {
  // Whether it is still needed is nobody's business: nothing is watched for its end.
  const resource = new AsyncResource("MUXADO", { requireManualDestroy: true });
  return (method, target) => resource.runInAsyncScope(method, target);
};
