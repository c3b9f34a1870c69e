// The connection between a library and its server. Every recipe runs over each kind of link, with the same events.

import type { StreamSource } from "@muxado/node";

/** A way to a server. It can be lost and restored. */
export interface Link {
  readonly kind: "tcp" | "session";
  /** The address for libraries over TCP. Over a session nothing listens there: libraries must use streams. */
  readonly host: string;
  readonly port: number;
  /** Opens streams to the server in the present session. Undefined over TCP. */
  readonly source: StreamSource | undefined;
  /** Ends every connection from the server's side. */
  cut(): void;
  /** Breaks every connection, and refuses new ones until {@link restore}. */
  lose(): Promise<void>;
  /** Allows new connections again. */
  restore(): Promise<void>;
  /**
   * Closes the link gracefully. Throws if the library has left anything that keeps it from ending.
   *
   * @returns a note about the events on the link
   */
  close(): Promise<string>;
}

/** The address on which everything listens. */
export const HOST = "127.0.0.1";
