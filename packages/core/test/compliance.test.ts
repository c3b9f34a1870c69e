// The compliance suite over the transports of core: one in memory, and any pair of Web Streams.

import { attach, type ByteStreamPair } from "@muxado/core";
import {
  describeSessions,
  disposable,
  type PairOptions,
  runningPair,
  type SessionsUnderTest,
} from "@muxado/testkit";

describeSessions({
  name: "a link in memory",
  connect: inMemory(),
});

describeSessions({
  name: "a link in memory that cuts and joins anywhere, and is late",
  connect: inMemory({ chunks: "cut", writeTime: [0, 1], seed: 7 }),
});

describeSessions({
  name: "a pair of Web Streams",
  connect: async ({ client, server }) => {
    const [there, back] = [new TransformStream(), new TransformStream()];
    const atClient: ByteStreamPair = { readable: back.readable, writable: there.writable };
    const atServer: ByteStreamPair = { readable: there.readable, writable: back.writable };
    return disposable(
      attach(atClient, { ...client, role: "client" }),
      attach(atServer, { ...server, role: "server" }),
    );
  },
});

function inMemory(link: PairOptions = {}): SessionsUnderTest["connect"] {
  return async (options) => {
    const { client, server } = runningPair({ ...options, ...link });
    return disposable(client, server);
  };
}
