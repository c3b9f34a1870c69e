// The messages between the processes.

import type { App, Wait } from "./applications.ts";
import type { WireName } from "./raw-wire.ts";

/** The setup of a server process. It is the only argument of the process, in JSON. */
export interface ServerSetup {
  readonly wire: WireName;
  readonly app: AppSetup;
}

type AppSetup =
  /** A server under attack. */
  | { readonly kind: "attacked"; readonly app: App }
  /**
   * `count` streams of the session wait; `openedHere` tells whether the server opened them. The number has no limit.
   */
  | {
      readonly kind: "waiting";
      readonly wait: Wait;
      readonly count: number;
      readonly openedHere: boolean;
    };

export type ServerTask =
  /** Report all that happened since the last mark. */
  | { readonly do: "mark" }
  /** Collect garbage, and report the memory that is left. */
  | { readonly do: "collect" }
  /** End the session of the waiting streams. */
  | { readonly do: "destroy" }
  | { readonly do: "close"; readonly timeout: number };

/** The events in a server process between two marks, and its state at the second mark. */
export interface Mark {
  /** Milliseconds of processor time. */
  readonly processor: number;
  /** Milliseconds of the longest turn. Time in which the system took the processor away does not count. */
  readonly longestBlock: number;
  /** Bytes of RAM at the peak. */
  readonly peakRss: number;
  readonly sessions: number;
  readonly streams: number;
  /** Streams that wait, and those of them that have settled since the session ended. */
  readonly waiting: number;
  readonly settled: number;
}

/** Memory after a collection, in bytes. */
export interface Left {
  readonly heap: number;
  readonly rss: number;
}

/** The figures of the other client in milliseconds, for its requests since it was asked to begin. */
export interface Latencies {
  readonly requests: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export type ClientTask = { readonly do: "begin" } | { readonly do: "end" };
