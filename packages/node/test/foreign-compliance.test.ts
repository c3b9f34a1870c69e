// The compliance suite over Duplexes that are not Node's own, but behave almost like them.

import { attach } from "@muxado/node";
import { describeSessions, disposable } from "@muxado/testkit";
import { readableStreamPair, streamxPair } from "./foreign-pair.ts";

for (const [name, pair] of Object.entries({
  streamx: streamxPair,
  "readable-stream": readableStreamPair,
})) {
  describeSessions({
    name: `a pair of Duplexes of ${name}`,
    connect: async ({ client, server }) => {
      const [left, right] = pair();
      return disposable(
        attach(left, { ...client, role: "client" }),
        attach(right, { ...server, role: "server" }),
      );
    },
  });
}
