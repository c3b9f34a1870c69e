// Which connection carries a session, for those who want to know its addresses.

import type { Session } from "@muxado/core";

const carriers: WeakMap<Session, object> = new WeakMap();

/** `session` runs over `carrier`. */
export function carry(session: Session, carrier: object): void {
  carriers.set(session, carrier);
}

/** What `session` runs over, if it was attached by this package. */
export function carrierOf(session: Session): object | undefined {
  return carriers.get(session);
}
