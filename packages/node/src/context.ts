// The asynchronous context of a Node program: its AsyncLocalStorage stores.

import { AsyncResource } from "node:async_hooks";
import type { KeepContext } from "@muxado/core";
import { contextBy } from "@muxado/core/layers";

/** Keeps the context of its caller. */
export const keepContext: KeepContext = contextBy(AsyncResource);
