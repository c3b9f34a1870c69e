// All streams of the last seconds, of both sides: when each opened and closed, its type, and when its bytes moved. The
// picture draws them.

import type { Stream, StreamWatcher } from "@muxado/core";
import type { TypedStream } from "@muxado/typed";
import { NAMES } from "./protocol.ts";

/** How long the past is kept, in milliseconds. */
export const PAST = 12_000;

/** The kind of streams that `typed` never gets: those of the server's heartbeat, which claims its streams. */
const UNTYPED = "beat";

/** One stream. Times are values of `performance.now()`. */
export interface Line {
  readonly stream: Stream;
  readonly isOurs: boolean;
  readonly openedAt: number;
  closedAt: number | undefined;
  failed: boolean;
  kind: string;
  /** Its place among the lines of its side, from 0. No other line has this place while the line is visible. */
  readonly lane: number;
  /** When bytes moved: pairs of start and end, in order. */
  readonly moved: number[];
  bytes: number;
}

/** The lines. Give it to each session as its `watcher`. */
export class StreamBook implements StreamWatcher {
  #lines: Line[] = [];
  /** The open lines, by their stream's id in the present session. */
  readonly #open = new Map<number, Line>();

  get lines(): readonly Line[] {
    return this.#lines;
  }

  get openCount(): number {
    return this.#open.size;
  }

  opened(stream: Stream): void {
    const isOurs = stream.id % 2 === 1; // streams of the client have odd ids
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

  /** Takes the type of a stream. */
  typed(stream: TypedStream): void {
    const line = this.#open.get(stream.id);
    if (line !== undefined) line.kind = NAMES[stream.type] ?? UNTYPED;
  }

  /** Returns the kind of the open stream with this id. */
  kindOf(streamId: number): string | undefined {
    return this.#open.get(streamId)?.kind;
  }

  /** Records the streams that have moved bytes since `before`, and drops lines that are too old. */
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
    // Movement without a pause continues the last pair.
    if (moved.length > 0 && moved[moved.length - 1]! >= from - 1) moved[moved.length - 1] = now;
    else moved.push(from, now);
  }

  #freeLane(isOurs: boolean): number {
    const taken = new Set<number>();
    const now = performance.now();
    for (const line of this.#lines) {
      // A lane is free again shortly after its line has ended. The gap keeps the two lines apart.
      const isFree = line.closedAt !== undefined && now - line.closedAt > 150;
      if (line.isOurs === isOurs && !isFree) taken.add(line.lane);
    }
    let lane = 0;
    while (taken.has(lane)) lane++;
    return lane;
  }
}
