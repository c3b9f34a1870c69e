// A typed session can be used wherever a session can: it passes the suite that every session passes.

import { TypedSession } from "@muxado/typed";
import {
  type ConnectOptions,
  describeSessions,
  disposable,
  type PairOptions,
  runningPair,
} from "@muxado/testkit";

describeSessions({
  name: "a link in memory, with types",
  connect: typedPair(),
  openWrites: true,
});

describeSessions({
  name: "a link in memory that cuts and joins anywhere, with types",
  connect: typedPair({ chunks: "cut", writeTime: [0, 1], seed: 11 }),
  openWrites: true,
});

function typedPair(link: PairOptions = {}) {
  return async (options: ConnectOptions) => {
    const pair = runningPair({ ...options, ...link });
    const client = new TypedSession(pair.client, options.client);
    const server = new TypedSession(pair.server, options.server);
    return disposable(client, server);
  };
}
