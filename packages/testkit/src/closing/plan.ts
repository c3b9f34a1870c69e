// The plan for two processes with one session: who closes it, how, and the situation of the other side meanwhile.

import type { Role, SessionOptions } from "@muxado/core";

/** The situation of the side that does not close, while the closer has its last bytes under way. */
export type SituationName =
  | "busy"
  | "slowLink"
  | "late"
  | "uploading"
  | "stuck"
  | "dies"
  | "destroyed"
  | "breach";

/** How a side ends its session. */
export type Way = "session.close" | "server.close" | "await using" | "destroy";

/** One run of two processes. */
export interface Plan {
  readonly wire: "muxado" | "yamux";
  readonly closer: Role;
  readonly way: Way;
  readonly situation: SituationName;
}

/** The parts of a situation. */
export interface Situation {
  /** Bytes that the closer writes before it closes. */
  readonly length: number;
  /**
   * After how many bytes the reader's thread stands still, and for how many milliseconds; Infinity: until the closer
   * has reported its result.
   */
  readonly pauses: readonly (readonly [after: number, ms: number])[];
  /** The rate of the link, in bytes a second; undefined for a link that is as fast as the machine. */
  readonly rate?: number;
  /** The deadline of the close, in milliseconds; undefined for the default. */
  readonly timeout?: number;
  /** Options of the reader's session. */
  readonly reader?: SessionOptions;
  /** Options of the closer's session. */
  readonly closer?: SessionOptions;
}

const MB = 1_000_000;

/** Every situation. */
export const situations: Readonly<Record<SituationName, Situation>> = {
  // Windows grow to this size within some round trips. The system holds the other bytes, if its transport is TCP.
  busy: { length: 12 * MB, pauses: [[8 * MB, 3_000]], reader: { windowSize: 16 * MB } },
  // The window holds everything, so the closer is done long before the link is.
  slowLink: { length: MB, pauses: [], rate: 125_000, reader: { windowSize: 2 * MB } },
  late: { length: 200_000, pauses: [[2, 2_000]] },
  // The reader sends, and the closer stands still.
  uploading: { length: 12 * MB, pauses: [[6 * MB, 3_000]] },
  // So few bytes that the system has them at once, over any transport.
  stuck: { length: 100_000, pauses: [[2, Infinity]], timeout: 2_000 },
  dies: { length: 4 * MB, pauses: [[1, 2_000]], reader: { windowSize: 8 * MB } },
  destroyed: { length: 4 * MB, pauses: [[1, 3_000]], reader: { windowSize: 8 * MB } },
  breach: {
    length: 4 * MB,
    pauses: [[1, 3_000]],
    reader: { windowSize: 8 * MB },
    closer: { maxRapidResets: 5 },
  },
};

/** How a session ended, in a form that can be sent from one process to another. */
export interface Story {
  /** Code, origin and text of the local error in `closed`; null if there is none. */
  readonly local: readonly [code: string, origin: string, message: string] | null;
  /** The same for the peer's error. */
  readonly remote: readonly [code: string, origin: string, message: string] | null;
  /** The debug text of the peer. */
  readonly debug: string;
}

/** The report of the side that has closed. */
export interface CloserReport {
  readonly closed: Story;
  /** The error of `write`, of the stream's `close` or of the session's `close`, as code and origin. */
  readonly failed: string | null;
  /** For an upload: the bytes that have arrived. */
  readonly received: Received | null;
}

/** The report of the other side. */
export interface ReaderReport {
  readonly closed: Story;
  readonly received: Received | null;
  /** How the write of an upload, or of a stream that came too late, failed: code and origin; null if it succeeded. */
  readonly failed: string | null;
}

/** Bytes that have arrived. */
export interface Received {
  readonly length: number;
  /** The place of the first wrong byte; -1 if there is none. */
  readonly firstWrong: number;
  /** Null after the end, or the code and the origin of an error. */
  readonly end: string | null;
}
