// The compliance suite over every kind of connection that this package makes sessions of.

import type { Session } from "@muxado/core";
import {
  attach,
  connect,
  type ConnectOptions,
  createServer,
  type ServerOptions,
} from "@muxado/node";
import { describeSessions, disposable, type SessionsUnderTest } from "@muxado/testkit";
import { PassThrough } from "node:stream";
import { certificate } from "./certificate.ts";
import { duplexPair } from "./duplex-pair.ts";
import { deferred, HOST as host } from "./peers.ts";
import { leaveNothingOpen, socketPath } from "./resources.ts";

leaveNothingOpen();

const credentials = certificate([host]);

describeSessions({ name: "TCP", connect: listening() });

describeSessions({
  name: "TLS",
  connect: listening({ tls: credentials }, { tls: { ca: credentials.cert } }),
});

describeSessions({
  name: "a Unix socket",
  connect: (options) => {
    const path = socketPath();
    return listening({}, { path })(options);
  },
});

describeSessions({
  name: "a pair of Duplexes",
  connect: async ({ client, server }) => {
    const [left, right] = duplexPair();
    return disposable(
      attach(left, { ...client, role: "client" }),
      attach(right, { ...server, role: "server" }),
    );
  },
});

describeSessions({
  name: "pairs of a Readable and a Writable",
  connect: async ({ client, server }) => {
    const [there, back] = [new PassThrough(), new PassThrough()];
    return disposable(
      attach({ readable: back, writable: there }, { ...client, role: "client" }),
      attach({ readable: there, writable: back }, { ...server, role: "server" }),
    );
  },
});

/**
 * Connects over sockets: makes a server for each pair of sessions, on a free port unless the client connects to a path.
 */
function listening(
  serverOptions: ServerOptions = {},
  clientOptions: ConnectOptions = {},
): SessionsUnderTest["connect"] {
  return async ({ client, server }) => {
    const accepted = deferred<Session>();
    const listener = createServer({ ...serverOptions, ...server }, accepted.resolve);
    const { path } = clientOptions;
    await listener.listen(path === undefined ? { host, port: 0 } : { path });
    const where = path === undefined ? { host, port: listener.port } : {};
    const session = await connect({ ...where, ...clientOptions, ...client });
    return disposable(session, await accepted.promise, () => listener.close({ timeout: 0 }));
  };
}
