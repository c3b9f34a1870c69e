// One way in which an application can use our streams. A new way to read or to relay is a new face, for a peer in
// muxado.ts; what it has in common with another face it takes from there.

import type { Session, Stream } from "@muxado/core";
import type { Connection } from "../peer.ts";
import type { ServerKind } from "../workload.ts";

export interface Face {
  /** The work of a server with a stream, for each kind of server that is measured in this way. */
  readonly handlers: Partial<Record<ServerKind, (stream: Stream) => void | Promise<void>>>;
  /** The work of a client. */
  readonly use: (session: Session) => Connection;
  /**
   * The work of a relay: carries the bytes of each stream to the other, and the end of each direction, until both
   * directions have ended. Default: nobody relays in this way.
   */
  readonly join?: (inward: Stream, outward: Stream) => Promise<void>;
}
