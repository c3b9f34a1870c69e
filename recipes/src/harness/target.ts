// What takes connections at the far end of a link.

import type { Duplex } from "node:stream";
import type { Session } from "@muxado/core";
import { toDuplex } from "@muxado/node";

/** The server, as a link sees it. */
export interface Target {
  /** Whether its connections may go on in one direction: what joins two connections wants that, a server does not. */
  readonly allowHalfOpen: boolean;
  /** Takes one connection. */
  take(connection: Duplex): void;
  /** Takes every stream that the peer opens, until the session is over. */
  serve(session: Session): Promise<void>;
  /** Ends all its connections at once, as a server that crashes. */
  cut(): void;
}

/** Gives each stream of `session` to `target` as a connection. */
export async function serveStreams(session: Session, target: Target): Promise<void> {
  const { allowHalfOpen } = target;
  for await (const stream of session) target.take(toDuplex(stream, { allowHalfOpen }));
}
