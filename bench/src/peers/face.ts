// One way in which an application can use our streams.

import type { Session, Stream } from "@muxado/core";
import type { Connection } from "../peer.ts";
import type { ServerKind } from "../workload.ts";

export interface Face {
  /** What a server does with a stream, for each kind that is measured in this way. */
  readonly handlers: Partial<Record<ServerKind, (stream: Stream) => void | Promise<void>>>;
  /** What a client does. */
  readonly use: (session: Session) => Connection;
}
