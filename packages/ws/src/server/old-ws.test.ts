// A user's `ws` may be older than the limits that a server sets.

import { createServer } from "@muxado/ws/server";
import { expect, onTestFinished, test, vi } from "vitest";
import type { ServerOptions } from "ws";

/** Like a `ws` before 8.21, this one has no defaults for limits that it does not know. */
vi.mock("ws", async (importOriginal) => {
  const ws = await importOriginal<typeof import("ws")>();
  return {
    ...ws,
    WebSocketServer: class extends ws.WebSocketServer {
      constructor(options: ServerOptions) {
        super(options);
        if (options.maxPayload === undefined) delete this.options["maxFragments" as never];
      }
    },
  };
});

const isBun = process.versions["bun"] !== undefined;

test.skipIf(isBun)("a server that finds an old ws warns, once in a process, and serves", () => {
  const emit = vi.spyOn(process, "emitWarning").mockReturnValue();
  onTestFinished(() => emit.mockRestore());
  for (let count = 0; count < 2; count++) createServer((session) => session.destroy());
  expect(emit.mock.calls).toEqual([[expect.stringContaining("8.21"), { code: "MUXADO_OLD_WS" }]]);
});
