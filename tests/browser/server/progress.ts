// The progress of the server, as it reports it to the tests.

import type { SessionEnd } from "@muxado/core";

/** Bytes and streams of all sessions of a server together. */
export class Progress {
  /** Bytes that handlers have read. */
  read = 0;
  /** Bytes whose writes are done. */
  written = 0;
  /** Checksum of the written bytes, once all are written. */
  checksum = "";
  /** The receive window when a handler began to pause, in bytes: the most that is unread or on its way here. */
  receiveWindow = 0;
  /** Streams to the page that got the right text back, and streams of the page that the server has stopped serving. */
  answered = 0;
  /** How sessions ended: the code of the error, or null. */
  readonly ends: (string | null)[] = [];
  /** Messages of refused connections, and errors of handlers. */
  readonly complaints: string[] = [];
  /** Resolves when paused handlers may continue. */
  readonly goOn: Promise<void>;
  /** Lets paused handlers continue. */
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

/** {@link Progress}, with open streams and the memory of the process in bytes. */
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

/** The first byte that the page sends: what the stream gets before the server stops serving it. */
export const Stall = { nothing: 0, answer: 1, halfClose: 2 } as const;

/** Returns the text of a stream. It differs from all others in length as well. */
export function textOf(side: string, index: number): string {
  return `${side} ${index} `.repeat(1 + (index % 300));
}
