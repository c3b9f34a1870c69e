// Remembers which connection carries a session, for code that needs the addresses of the connection.

import type { Session } from "@muxado/core";

const carriers: WeakMap<Session, object> = new WeakMap();

/** Remembers that `session` runs over `carrier`. */
export function carry(session: Session, carrier: object): void {
  carriers.set(session, carrier);
}

/** Returns the connection that `session` runs over, if this package has attached it. */
export function carrierOf(session: Session): object | undefined {
  return carriers.get(session);
}
