// How far the server is, as it tells the tests.

import type { SessionEnd } from "@muxado/core";

/** Bytes and streams of all sessions of one server together. */
export class Progress {
  /** Bytes that handlers have read. */
  read = 0;
  /** Bytes whose writes are done. */
  written = 0;
  /** Of what was written, once it is complete. */
  checksum = "";
  /** What the page might have had unread or on its way, in bytes, when a handler began to pause. */
  receiveWindow = 0;
  /** Streams to the page that were answered with the right text, and those of the page's that are not served any further. */
  answered = 0;
  /** How sessions ended: an error's code, or null. */
  readonly ends: (string | null)[] = [];
  /** What was refused, and what handlers threw. */
  readonly complaints: string[] = [];
  /** A handler that pauses waits for it. */
  readonly goOn: Promise<void>;
  /** Lets it go on. */
  go!: () => void;

  constructor() {
    this.goOn = new Promise((resolve) => {
      this.go = resolve;
    });
  }

  ended({ localError }: SessionEnd): void {
    this.ends.push(localError?.code ?? null);
  }
}

/** {@link Progress}, and what the process holds, in bytes. */
export interface Report {
  readonly read: number;
  readonly written: number;
  readonly checksum: string;
  readonly receiveWindow: number;
  readonly answered: number;
  readonly ends: readonly (string | null)[];
  readonly complaints: readonly string[];
  readonly openStreams: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly arrayBuffers: number;
}

/** What a stream that is not served any further gets before: the first byte that the page sends. */
export const Stall = { nothing: 0, answer: 1, halfClose: 2 } as const;

/** The text of a stream: it differs from all others, in length as well. */
export function textOf(side: string, index: number): string {
  return `${side} ${index} `.repeat(1 + (index % 300));
}
