// A number that changes all the time, and a line of its last values.

import { Canvas, colour } from "./canvas.ts";

/** Number of values that are shown. At two values a second, this is half a minute. */
const VALUES = 60;

/** Returns a value as text, with its unit. */
export type Format = (value: number) => readonly [text: string, unit: string];

/** A gauge. Its element contains a `data-value`, a `data-unit`, a `data-note` and a canvas. */
export class Gauge {
  readonly #canvas: Canvas;
  readonly #value: Element;
  readonly #unit: Element;
  readonly #note: Element;
  readonly #format: Format;
  readonly #tint: string;
  readonly #values: number[] = [];

  constructor(element: Element, tint: string, format: Format) {
    this.#canvas = new Canvas(element.querySelector("canvas")!);
    this.#value = element.querySelector("[data-value]")!;
    this.#unit = element.querySelector("[data-unit]")!;
    this.#note = element.querySelector("[data-note]")!;
    this.#format = format;
    this.#tint = tint;
  }

  add(value: number): void {
    this.#values.push(value);
    if (this.#values.length > VALUES) this.#values.shift();
    const most = Math.max(...this.#values);
    [this.#value.textContent, this.#unit.textContent] = this.#format(value);
    this.#note.textContent = `peak ${this.#format(most).join(" ")}`;
    this.#draw(most);
  }

  #draw(most: number): void {
    const { context, width, height } = this.#canvas.begin();
    const step = width / (VALUES - 1);
    const x = (index: number): number => width - (this.#values.length - 1 - index) * step;
    const y = (value: number): number => height - 2 - (value / (most || 1)) * (height - 4);
    const line = new Path2D();
    for (const [index, value] of this.#values.entries()) line.lineTo(x(index), y(value));
    const area = new Path2D(line);
    area.lineTo(width, height);
    area.lineTo(x(0), height);
    context.fillStyle = context.strokeStyle = colour(this.#tint);
    context.globalAlpha = 0.14;
    context.fill(area);
    context.globalAlpha = 1;
    context.lineWidth = 1.75;
    context.lineJoin = "round";
    context.stroke(line);
  }
}

/** Formats bytes per second. */
export function rate(bytes: number): readonly [string, string] {
  const [text, unit] = size(bytes);
  return [text, `${unit}/s`];
}

/** Formats bytes. */
export function size(bytes: number): readonly [string, string] {
  if (bytes < 1000) return [bytes.toFixed(0), "B"];
  if (bytes < 1000 * 1024) return [round(bytes / 1024), "KiB"];
  return [round(bytes / 1024 ** 2), "MiB"];
}

/** Formats milliseconds. */
export function duration(milliseconds: number): readonly [string, string] {
  return milliseconds < 1000 ? [round(milliseconds), "ms"] : [round(milliseconds / 1000), "s"];
}

/** Rounds: three digits are enough. */
function round(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0);
}
