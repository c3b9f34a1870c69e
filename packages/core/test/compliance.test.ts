// The compliance suite over what core brings itself: a transport in memory, and any pair of Web Streams.

import { attach, type ByteStreamPair, Session } from "@muxado/core";
import { describeSessions, runningPair } from "@muxado/testkit";

describeSessions({
  name: "a link in memory",
  connect: async (options) => withDispose(runningPair({ ...options })),
});

describeSessions({
  name: "a link in memory that cuts and joins anywhere, and is late",
  connect: async (options) =>
    withDispose(runningPair({ ...options, chunks: "cut", writeTime: [0, 1], seed: 7 })),
});

describeSessions({
  name: "a pair of Web Streams",
  connect: async ({ client, server }) => {
    const [there, back] = [new TransformStream(), new TransformStream()];
    const atClient: ByteStreamPair = { readable: back.readable, writable: there.writable };
    const atServer: ByteStreamPair = { readable: there.readable, writable: back.writable };
    return withDispose({
      client: attach(atClient, { ...client, role: "client" }),
      server: attach(atServer, { ...server, role: "server" }),
    });
  },
});

function withDispose({ client, server }: { client: Session; server: Session }) {
  return {
    client,
    server,
    async [Symbol.asyncDispose]() {
      client.destroy();
      server.destroy();
      await Promise.all([client.closed, server.closed]);
    },
  };
}
