// Two sessions of one test, which disposes of them.

import type { Session } from "@muxado/core";
import type { ConnectedSessions } from "@muxado/testkit";

/** They are each other's peers. Disposing gives up both, and does `close`. */
export function disposable(
  client: Session,
  server: Session,
  close = async (): Promise<void> => {},
): ConnectedSessions {
  return {
    client,
    server,
    async [Symbol.asyncDispose]() {
      client.destroy();
      server.destroy();
      await Promise.all([client.closed, server.closed]);
      await close();
    },
  };
}
