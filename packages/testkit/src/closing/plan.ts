// What two processes do that have one session: who closes it, how, and what happens to the other meanwhile.

import type { Role, SessionOptions } from "@muxado/core";

/** What happens to the side that does not close, while the one that closes has its last bytes under way. */
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

/** What a situation consists of. */
export interface Situation {
  /** Bytes that the closer writes before it closes. */
  readonly length: number;
  /**
   * After how many of them the reader's thread stands still, and for how long, in milliseconds; Infinity: until the
   * closer has told what became of it.
   */
  readonly pauses: readonly (readonly [after: number, ms: number])[];
  /** What the link carries, in bytes a second; undefined for a link that is as fast as the machine. */
  readonly rate?: number;
  /** Deadline of the close, in milliseconds; undefined for the default. */
  readonly timeout?: number;
  /** Options of the reader's session. */
  readonly reader?: SessionOptions;
  /** Options of the closer's session. */
  readonly closer?: SessionOptions;
}

const MB = 1_000_000;

/** Every situation. */
export const situations: Readonly<Record<SituationName, Situation>> = {
  // Windows grow to this within some round trips. The system holds what is left, if it is TCP's.
  busy: { length: 12 * MB, pauses: [[8 * MB, 3_000]], reader: { windowSize: 16 * MB } },
  // The window is the whole, so that the closer is done long before the link is.
  slowLink: { length: MB, pauses: [], rate: 125_000, reader: { windowSize: 2 * MB } },
  late: { length: 200_000, pauses: [[2, 2_000]] },
  // Sent by the reader, and it is the closer that stands still.
  uploading: { length: 12 * MB, pauses: [[6 * MB, 3_000]] },
  // So little that it is with the system at once, whatever carries it.
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

/** How a session ended, in words that can be sent from one process to another. */
export interface Story {
  /** Code and origin of what `closed` tells as this side's error, and the text; null if there is none. */
  readonly local: readonly [code: string, origin: string, message: string] | null;
  /** The same of the peer's. */
  readonly remote: readonly [code: string, origin: string, message: string] | null;
  /** Its debug text. */
  readonly debug: string;
}

/** What the side tells that has closed. */
export interface CloserReport {
  readonly closed: Story;
  /** What `write`, the stream's `close` and the session's have thrown, as code and origin. */
  readonly failed: string | null;
  /** Of an upload: bytes that have come. */
  readonly received: Received | null;
}

/** What the other side tells. */
export interface ReaderReport {
  readonly closed: Story;
  readonly received: Received | null;
  /** How the write of an upload, or of a stream that came too late, ended: code and origin; null if well. */
  readonly failed: string | null;
}

/** Bytes that have come. */
export interface Received {
  readonly length: number;
  /** The place of the first byte that is another one; -1 if there is none. */
  readonly firstWrong: number;
  /** Null after the end, or the code and the origin of an error. */
  readonly end: string | null;
}
