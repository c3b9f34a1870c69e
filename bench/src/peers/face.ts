// One way in which an application can use our streams.

import type { Session, Stream } from "@muxado/core";
import type { Connection } from "../peer.ts";
import type { ServerKind } from "../workload.ts";

export interface Face {
  /** The work of a server with a stream, for each kind of server that is measured in this way. */
  readonly handlers: Partial<Record<ServerKind, (stream: Stream) => void | Promise<void>>>;
  /** The work of a client. */
  readonly use: (session: Session) => Connection;
}
