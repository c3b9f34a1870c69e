// The picture of the streams: time moves to the left. Each stream is a bar from its opening to its end, in a strong
// colour where bytes moved. The page's streams are above the line, the server's below.

import { Canvas, colour } from "./canvas.ts";
import { type Line, PAST, type StreamBook } from "./stream-book.ts";

/** Free space, in pixels: on the right, for the names of open streams, and between the two sides. */
const NAMES_WIDTH = 104;
const GAP = 30;

/** The page's part of the height. It is the smaller part, because the server opens more streams. */
const OURS = 0.42;

/** Greatest height of a lane, and least height of a lane with a name beside it. */
const TALLEST = 20;
const LOWEST_WITH_NAME = 11;

/** The shortest bar. Many streams last less than a millisecond. */
const SHORTEST = 4;

/** A narrower picture has room only for "now". */
const WIDE = 420;

/** Draws a {@link StreamBook}. */
export class StreamPicture {
  readonly #canvas: Canvas;
  readonly #book: StreamBook;

  constructor(element: HTMLCanvasElement, book: StreamBook) {
    this.#canvas = new Canvas(element);
    this.#book = book;
  }

  draw(now: number): void {
    const { context, width, height } = this.#canvas.begin();
    const right = width - NAMES_WIDTH;
    const middle = Math.round((height - GAP) * OURS);
    context.font = "500 11px system-ui, sans-serif";
    context.textBaseline = "middle";
    drawTime(context, right, height);
    drawBetween(context, width, right, middle);
    // Both sides grow from the middle outwards.
    const ours = this.#book.lines.filter(({ isOurs }) => isOurs);
    const theirs = this.#book.lines.filter(({ isOurs }) => !isOurs);
    const up = { context, now, right, lane: laneHeight(ours, middle) };
    for (const line of ours) drawLine(line, middle - (line.lane + 1) * up.lane + 2, up);
    const down = { context, now, right, lane: laneHeight(theirs, height - middle - GAP) };
    for (const line of theirs) drawLine(line, middle + GAP + line.lane * down.lane, down);
  }
}

function drawTime(context: CanvasRenderingContext2D, right: number, height: number): void {
  context.fillStyle = colour("line");
  for (let age = 0; age <= PAST; age += 2000) {
    context.fillRect(Math.round(right - (age * right) / PAST), 0, 1, height);
  }
}

function drawBetween(
  context: CanvasRenderingContext2D,
  width: number,
  right: number,
  middle: number,
): void {
  context.fillStyle = colour("raised");
  context.beginPath();
  context.roundRect(0, middle + 5, width, GAP - 10, 5);
  context.fill();
  context.fillStyle = colour("muted");
  const centre = middle + GAP / 2 + 0.5;
  context.fillText("↑ opened by the page   ↓ by the server", 8, centre);
  context.fillText("now", right + 8, centre);
  if (right < WIDE) return;
  context.textAlign = "center";
  context.fillText("4 s ago", right - (4000 * right) / PAST, centre);
  context.textAlign = "left";
}

function drawLine(
  line: Line,
  top: number,
  place: { context: CanvasRenderingContext2D; now: number; right: number; lane: number },
): void {
  const { context, now, right, lane } = place;
  const at = (time: number): number => Math.max(0, right - ((now - time) * right) / PAST);
  const end = line.closedAt === undefined ? right : at(line.closedAt);
  const start = Math.min(at(line.openedAt), end - SHORTEST);
  const height = Math.max(1, lane - Math.min(4, lane / 4));
  const tint = colour(line.kind);

  context.fillStyle = tint;
  context.globalAlpha = 0.28;
  fillBar(context, start, end, top, height);
  context.globalAlpha = 1;
  for (let index = 0; index < line.moved.length; index += 2) {
    const to = Math.min(end, at(line.moved[index + 1]!));
    const from = Math.max(start, Math.min(at(line.moved[index]!), to - SHORTEST));
    fillBar(context, from, to, top, height);
  }
  if (line.failed) {
    context.fillStyle = colour("bad");
    context.fillRect(end - 2, top, 3, height);
  }
  if (line.closedAt === undefined && lane >= LOWEST_WITH_NAME) {
    context.fillStyle = colour("muted");
    context.fillText(`${line.stream.id} ${line.kind}`, right + 8, top + height / 2 + 0.5);
  }
}

function fillBar(
  context: CanvasRenderingContext2D,
  from: number,
  to: number,
  top: number,
  height: number,
): void {
  // The corners of a thin bar are not visible, and there are hundreds of such bars.
  if (height < 6) return context.fillRect(from, top, to - from, height);
  context.beginPath();
  context.roundRect(from, top, to - from, height, 4);
  context.fill();
}

function laneHeight(lines: readonly Line[], height: number): number {
  const lanes = lines.reduce((most, { lane }) => Math.max(most, lane + 1), 1);
  return Math.min(TALLEST, height / lanes);
}
