// Every stream of the last seconds, of either side: when it opened and closed, what it is for, and when bytes moved.
// Kept for the picture, which draws it.

import type { Stream, StreamWatcher } from "@muxado/core";
import type { TypedStream } from "@muxado/typed";
import { NAMES } from "./protocol.ts";

/** How much of the past is kept, in milliseconds. */
export const PAST = 12_000;

/** A stream of the server's that never reached a handler is its heartbeat's: that claims its streams. */
const UNTYPED = "beat";

/** One stream. Times are those of `performance.now()`. */
export interface Line {
  readonly stream: Stream;
  readonly isOurs: boolean;
  readonly openedAt: number;
  closedAt: number | undefined;
  failed: boolean;
  kind: string;
  /** Its place among the lines of its side, from 0; nobody else is there as long as it can be seen. */
  readonly lane: number;
  /** When bytes moved: pairs of beginning and end, one after the other. */
  readonly moved: number[];
  bytes: number;
}

/** The lines; to be given to each session as its `watcher`. */
export class StreamBook implements StreamWatcher {
  #lines: Line[] = [];
  /** The open ones, by their number in the session of the moment. */
  readonly #open = new Map<number, Line>();

  get lines(): readonly Line[] {
    return this.#lines;
  }

  get openCount(): number {
    return this.#open.size;
  }

  opened(stream: Stream): void {
    const isOurs = stream.id % 2 === 1; // the client's streams have odd numbers
    const line: Line = {
      stream,
      isOurs,
      openedAt: performance.now(),
      closedAt: undefined,
      failed: false,
      kind: UNTYPED,
      lane: this.#freeLane(isOurs),
      moved: [],
      bytes: 0,
    };
    this.#lines.push(line);
    this.#open.set(stream.id, line);
  }

  closed(stream: Stream): void {
    const line = this.#open.get(stream.id);
    if (line === undefined) return;
    this.#count(line, line.openedAt, performance.now());
    line.closedAt = performance.now();
    line.failed = stream.error !== undefined;
    this.#open.delete(stream.id);
  }

  /** The stream has said its type. */
  typed(stream: TypedStream): void {
    const line = this.#open.get(stream.id);
    if (line !== undefined) line.kind = NAMES[stream.type] ?? UNTYPED;
  }

  /** What the open stream of this number is for. */
  kindOf(streamId: number): string | undefined {
    return this.#open.get(streamId)?.kind;
  }

  /** Looks which streams have moved bytes since `before`, and forgets what is past. */
  sample(before: number): void {
    const now = performance.now();
    for (const line of this.#open.values()) this.#count(line, before, now);
    this.#lines = this.#lines.filter(({ closedAt }) => now - (closedAt ?? now) < PAST);
    for (const { moved } of this.#lines) {
      while (moved.length > 0 && now - moved[1]! > PAST) moved.splice(0, 2);
    }
  }

  #count(line: Line, before: number, now: number): void {
    const { bytesSent, bytesReceived } = line.stream.stats();
    const bytes = bytesSent + bytesReceived;
    if (bytes === line.bytes) return;
    line.bytes = bytes;
    const { moved } = line;
    const from = Math.max(before, line.openedAt);
    // Without a pause in between, it is one movement.
    if (moved.length > 0 && moved[moved.length - 1]! >= from - 1) moved[moved.length - 1] = now;
    else moved.push(from, now);
  }

  #freeLane(isOurs: boolean): number {
    const taken = new Set<number>();
    const now = performance.now();
    for (const line of this.#lines) {
      // Right behind a line that has ended there is room for the next, with a gap to tell them apart.
      const isFree = line.closedAt !== undefined && now - line.closedAt > 150;
      if (line.isOurs === isOurs && !isFree) taken.add(line.lane);
    }
    let lane = 0;
    while (taken.has(lane)) lane++;
    return lane;
  }
}
