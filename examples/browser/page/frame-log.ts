// The last frames, newest first. The rows are made once and written again: the page neither grows nor moves.

import type { TracedFrame } from "@muxado/core";

/** So many frames can be scrolled through. */
const ROWS = 60;

/** A frame, and what is known of it. */
interface Logged {
  readonly frame: TracedFrame;
  readonly kind: string | undefined;
  /** Since the page began, in milliseconds. */
  readonly at: number;
}

/** The log. */
export class FrameLog {
  /** Frames of either direction so far. */
  count = 0;
  isPaused = false;
  readonly #frames: Logged[] = [];
  readonly #rows: readonly HTMLElement[];
  readonly #kindOf: (streamId: number) => string | undefined;
  #changed = false;

  constructor(list: HTMLElement, kindOf: (streamId: number) => string | undefined) {
    this.#kindOf = kindOf;
    this.#rows = Array.from({ length: ROWS }, () => {
      const row = document.createElement("li");
      row.append(...["dot", "way", "id", "what", "more", "at"].map((name) => span(name)));
      row.hidden = true;
      list.append(row);
      return row;
    });
  }

  /** Takes a frame; called for each, and so does next to nothing. */
  add(frame: TracedFrame): void {
    this.count++;
    if (this.isPaused) return;
    const kind = "streamId" in frame ? this.#kindOf(frame.streamId) : undefined;
    this.#frames.push({ frame, kind, at: performance.now() });
    if (this.#frames.length > 2 * ROWS) this.#frames.splice(0, ROWS);
    this.#changed = true;
  }

  /** Shows what has come. */
  draw(): void {
    if (!this.#changed || this.isPaused) return;
    this.#changed = false;
    const { length } = this.#frames;
    for (const [index, row] of this.#rows.entries()) {
      const logged = this.#frames[length - 1 - index];
      row.hidden = logged === undefined;
      if (logged !== undefined) write(row, logged, this.#kindOf);
    }
  }
}

function span(name: string): HTMLElement {
  const element = document.createElement("span");
  element.className = name;
  return element;
}

function write(
  row: HTMLElement,
  { frame, kind: before, at }: Logged,
  kindOf: (streamId: number) => string | undefined,
): void {
  // The first frame of a stream is traced before it has said its type.
  const kind = before ?? ("streamId" in frame ? kindOf(frame.streamId) : undefined) ?? "";
  const [dot, way, id, what, more, time] = row.children;
  dot!.className = `dot kind-${kind}`;
  way!.textContent = frame.direction === "out" ? "↑" : "↓";
  id!.textContent = "streamId" in frame ? String(frame.streamId) : "–";
  what!.textContent = kind;
  more!.textContent = describe(frame);
  time!.textContent = `${(at / 1000).toFixed(3)} s`;
}

function describe(frame: TracedFrame): string {
  switch (frame.kind) {
    case "data": {
      const flags = [frame.syn && "opens", frame.fin && "ends"].filter(Boolean);
      const bytes = frame.length === 0 ? [] : [`${frame.length.toLocaleString("en")} bytes`];
      return [...flags, ...bytes].join(" · ");
    }
    case "increment":
      return `credit +${frame.increment.toLocaleString("en")}`;
    case "reset":
      return `reset, code ${frame.errorCode}`;
    case "goAway":
      return `go away, code ${frame.errorCode}`;
    case "acknowledgement":
    case "ping":
      return frame.kind;
  }
}
