// The receiver of connections at the far end of a link.

import type { Duplex } from "node:stream";
import type { Session } from "@muxado/core";
import { toDuplex } from "@muxado/node";

/** The server, seen from a link. */
export interface Target {
  /** Whether one direction may outlast the other. A program that joins two connections needs it, a server does not. */
  readonly allowHalfOpen: boolean;
  /** Takes one connection. */
  take(connection: Duplex): void;
  /** Takes every stream that the peer opens, until the session has ended. */
  serve(session: Session): Promise<void>;
  /** Ends all its connections at once, as a crashing server does. */
  cut(): void;
}

/** Passes each stream of `session` to `target` as a connection. */
export async function serveStreams(session: Session, target: Target): Promise<void> {
  const { allowHalfOpen } = target;
  for await (const stream of session) target.take(toDuplex(stream, { allowHalfOpen }));
}
