// The log of both sides of a cell: messages and actions, in order. People read it when the cell has failed.

import type { TracedFrame } from "@muxado/core";
import { errorCodeName } from "@muxado/frame";

/** Number of lines that are kept. A run of 64 MiB has many times more, and the last lines matter. */
const MOST_LINES = 100;

/** The log of one cell. */
export class CellLog {
  readonly #start: number = performance.now();
  readonly #lines: string[] = [];
  #dropped = 0;

  /** Adds a line of `who`: `peer →` for a command to the peer, `peer ←` for a report of the peer. */
  add(who: string, what: string): void {
    if (this.#lines.length === MOST_LINES) {
      this.#lines.shift();
      this.#dropped++;
    }
    const time = (performance.now() - this.#start).toFixed(1).padStart(9);
    this.#lines.push(`${time} ms  ${who.padEnd(9)} ${what.slice(0, 240)}`);
  }

  /** Adds a frame of our session. */
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
