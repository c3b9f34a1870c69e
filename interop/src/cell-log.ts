// What both sides of a cell said and did, in order: read by people when the cell has failed.

import type { TracedFrame } from "@muxado/core";
import { errorCodeName } from "@muxado/frame";

/** Lines that are kept; a run of 64 MiB has many times more, and its end is what matters. */
const MOST_LINES = 100;

/** The diary of one cell. */
export class CellLog {
  readonly #start: number = performance.now();
  readonly #lines: string[] = [];
  #dropped = 0;

  /** A line of `who`: `peer →` for what it was told, `peer ←` for what it reported. */
  add(who: string, what: string): void {
    if (this.#lines.length === MOST_LINES) {
      this.#lines.shift();
      this.#dropped++;
    }
    const time = (performance.now() - this.#start).toFixed(1).padStart(9);
    this.#lines.push(`${time} ms  ${who.padEnd(9)} ${what.slice(0, 240)}`);
  }

  /** A frame of our session's. */
  frame(frame: TracedFrame): void {
    this.add(`frame ${frame.direction}`, textOf(frame));
  }

  toString(): string {
    const dropped = this.#dropped > 0 ? [`… ${this.#dropped} lines before`] : [];
    return [...dropped, ...this.#lines].join("\n");
  }
}

function textOf(frame: TracedFrame): string {
  switch (frame.kind) {
    case "data":
      return `DATA stream=${frame.streamId}${frame.syn ? " SYN" : ""}${frame.fin ? " FIN" : ""} length=${frame.length}`;
    case "acknowledgement":
      return `ACK stream=${frame.streamId}`;
    case "ping":
      return `PING${frame.isAnswer ? " ACK" : ""} value=${frame.value}`;
    case "increment":
      return `WNDINC stream=${frame.streamId} increment=${frame.increment}`;
    case "reset":
      return `RST stream=${frame.streamId} code=${errorCodeName(frame.errorCode)}`;
    case "goAway":
      return `GOAWAY last=${frame.lastStreamId} code=${errorCodeName(frame.errorCode)} debug=${JSON.stringify(Buffer.from(frame.debug).toString("latin1"))}`;
  }
}
