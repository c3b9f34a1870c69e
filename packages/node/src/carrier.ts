// The connection that carries a session, for code that needs its addresses.

import type { Session } from "@muxado/core";

const carriers: WeakMap<Session, object> = new WeakMap();

/** Notes that `session` runs over `carrier`. */
export function carry(session: Session, carrier: object): void {
  carriers.set(session, carrier);
}

/** Returns the connection that `session` runs over, if this package has attached it. */
export function carrierOf(session: Session): object | undefined {
  return carriers.get(session);
}
