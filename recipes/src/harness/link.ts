// The way from a library to its server. Every recipe is run over each kind of link, and meets the same events.

import type { StreamSource } from "@muxado/node";

/** A way to a server, which can break and be mended. */
export interface Link {
  readonly kind: "tcp" | "session";
  /** Where a library connects to over TCP. Over a session it is nowhere: who connects there overlooks the stream. */
  readonly host: string;
  readonly port: number;
  /** What opens streams to the server: the present session. Undefined over TCP. */
  readonly source: StreamSource | undefined;
  /** Ends every connection from the server's side. */
  cut(): void;
  /** Breaks every connection, and refuses new ones until {@link restore}. */
  lose(): Promise<void>;
  /** From now on there are new connections. */
  restore(): Promise<void>;
  /**
   * Ends it in peace. Throws if anything of a library's is left that keeps it from ending.
   *
   * @returns a note of what happened on it
   */
  close(): Promise<string>;
}

/** Where everything listens. */
export const HOST = "127.0.0.1";
