// What the processes say to each other.

import type { App, Wait } from "./applications.ts";
import type { WireName } from "./raw-wire.ts";

/** How a server process is set up; its only argument, in JSON. */
export interface ServerSetup {
  readonly wire: WireName;
  readonly app: AppSetup;
}

type AppSetup =
  /** Under attack. */
  | { readonly kind: "attacked"; readonly app: App }
  /** The session's streams, so many and opened by the server or its peer, wait. Any number of them is welcome. */
  | {
      readonly kind: "waiting";
      readonly wait: Wait;
      readonly count: number;
      readonly openedHere: boolean;
    };

export type ServerTask =
  /** Say what happened since the last mark. */
  | { readonly do: "mark" }
  /** Collect garbage, and say what is left. */
  | { readonly do: "collect" }
  /** End the session of the waiting streams. */
  | { readonly do: "destroy" }
  | { readonly do: "close"; readonly timeout: number };

/** What happened in a server process between two marks, and what is there at the second. */
export interface Mark {
  /** Milliseconds of processor time. */
  readonly processor: number;
  /** Milliseconds of the longest turn, and if the system took the processor away meanwhile, without that. */
  readonly longestBlock: number;
  /** Bytes of RAM at its most. */
  readonly peakRss: number;
  readonly sessions: number;
  readonly streams: number;
  /** Streams that wait, and those of them that have been told of the end. */
  readonly waiting: number;
  readonly settled: number;
}

/** Memory after a collection, in bytes. */
export interface Left {
  readonly heap: number;
  readonly rss: number;
}

/** The other client's figures, of its requests since it was told to begin: milliseconds. */
export interface Latencies {
  readonly requests: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export type ClientTask = { readonly do: "begin" } | { readonly do: "end" };
