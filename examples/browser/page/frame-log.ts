// The last frames, newest first. The rows are made once and then reused, so the page neither grows nor moves.

import type { TracedFrame } from "@muxado/core";

/** Number of rows to scroll through. */
const ROWS = 60;

/** A frame, with the kind of its stream. */
interface Logged {
  readonly frame: TracedFrame;
  readonly kind: string | undefined;
  /** Time since the page was loaded, in milliseconds. */
  readonly at: number;
}

/** The log of frames. */
export class FrameLog {
  /** Number of frames so far, in both directions. */
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

  /** Takes a frame. It is called for each frame, so it does almost nothing. */
  add(frame: TracedFrame): void {
    this.count++;
    if (this.isPaused) return;
    const kind = "streamId" in frame ? this.#kindOf(frame.streamId) : undefined;
    this.#frames.push({ frame, kind, at: performance.now() });
    if (this.#frames.length > 2 * ROWS) this.#frames.splice(0, ROWS);
    this.#changed = true;
  }

  /** Shows the frames that have been added. */
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
  // The first frame of a stream is traced before the type of the stream is known.
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
