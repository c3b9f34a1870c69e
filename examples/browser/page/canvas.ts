// Canvases as sharp as the screen, in the colours of the page.

/** A canvas that is as large as its place on the page. */
export class Canvas {
  readonly #element: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;

  constructor(element: HTMLCanvasElement) {
    this.#element = element;
    this.#context = element.getContext("2d")!;
  }

  /** An empty canvas, and its size in the pixels of CSS. */
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

/** The colour that the style sheet has under this name. */
export function colour(name: string): string {
  let value = known.get(name);
  if (value === undefined) known.set(name, (value = styles.getPropertyValue(`--${name}`).trim()));
  return value;
}

/** Somebody wants no movement: pictures change now and then, instead of sliding. */
export const wantsCalm = matchMedia("(prefers-reduced-motion: reduce)");
