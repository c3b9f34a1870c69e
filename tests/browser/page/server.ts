// A test server, seen from the page.

import type { Session } from "@muxado/core";
import { connect } from "@muxado/ws";
import { onTestFinished } from "vitest";
import { commands } from "vitest/browser";

/**
 * Starts a server that ends with the test.
 *
 * @param origin the origin whose pages may connect; null: the server's own host
 * @returns its URL
 */
export async function startServer(origin: string | null = location.origin): Promise<string> {
  const url = await commands.startServer(origin);
  onTestFinished(async () => void (await commands.stopServer(url)));
  return url;
}

/** Connects a session that ends with the test. */
export async function connected(url: string): Promise<Session> {
  const session = await connect(url);
  onTestFinished(async () => {
    session.destroy();
    await session.closed;
  });
  return session;
}
