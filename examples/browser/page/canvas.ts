// Canvases that are as sharp as the screen and use the colours of the page.

/** A canvas that is as large as its place in the page. */
export class Canvas {
  readonly #element: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;

  constructor(element: HTMLCanvasElement) {
    this.#element = element;
    this.#context = element.getContext("2d")!;
  }

  /** Clears the canvas. Returns its context, and its size in CSS pixels. */
  begin(): { context: CanvasRenderingContext2D; width: number; height: number } {
    const { clientWidth: width, clientHeight: height } = this.#element;
    const ratio = devicePixelRatio;
    const [columns, rows] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#element.width !== columns || this.#element.height !== rows) {
      [this.#element.width, this.#element.height] = [columns, rows];
    }
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#context.clearRect(0, 0, width, height);
    return { context: this.#context, width, height };
  }
}

const styles = getComputedStyle(document.documentElement);
const known = new Map<string, string>();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => known.clear());

/** Returns the colour that has this name in the style sheet. */
export function colour(name: string): string {
  let value = known.get(name);
  if (value === undefined) known.set(name, (value = styles.getPropertyValue(`--${name}`).trim()));
  return value;
}

/** Matches if the user wants no movement. Then pictures change from time to time and do not slide. */
export const wantsCalm = matchMedia("(prefers-reduced-motion: reduce)");
