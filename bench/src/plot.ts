// Plots as standalone SVG files: lines over two axes, and bars. They have their own background, so that they are
// readable on a light page and on a dark one. Lines differ by dashes as well as by colours.

/** One axis. */
interface Axis {
  /** The quantity on the axis, with its unit. */
  readonly label: string;
  /** The marked values. The least and the greatest are the ends of the axis. */
  readonly marks: readonly number[];
  /** Equal distances mean equal factors. Default: equal distances mean equal differences. */
  readonly isLogarithmic?: boolean;
}

/** One line, from left to right. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

interface Texts {
  readonly title: string;
  /** For readers who cannot see the plot. */
  readonly description: string;
}

export interface LinePlot extends Texts {
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
}

/** One bar. */
interface Bar {
  readonly name: string;
  readonly value: number;
  /** Text behind the bar. */
  readonly note: string;
  /** Whether the bar is one of those that the plot is about. */
  readonly isOurs: boolean;
}

export interface BarPlot extends Texts {
  readonly bars: readonly Bar[];
}

/** The number of lines that a reader can tell apart. */
export const MOST_LINES = 6;

const WIDTH = 720;
const LINE_PLOT_HEIGHT = 420;
/** The edges of the area of the lines. */
const LEFT = 80;
const RIGHT = WIDTH - 40;
const TOP = 92;
const BOTTOM = LINE_PLOT_HEIGHT - 52;
/** The legend: two rows of three. */
const LEGEND_COLUMNS = 3;
const LEGEND_TOP = 46;
const LEGEND_ROW = 20;

/** The bars: the top of the first one, the common start, the end of the longest, and the distance between them. */
const BARS_TOP = 48;
const BARS_LEFT = 160;
const BARS_RIGHT = WIDTH - 170;
const BAR_ROW = 26;
const BAR_HEIGHT = 18;

const STYLE = `
  .page { fill: #ffffff } text { fill: #1f2328; font: 13px system-ui, sans-serif }
  .title { font-size: 15px; font-weight: 600 } .grid { stroke: #d1d9e0 } .axis { stroke: #59636e }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round } .bar { fill: #8c959f } .ours { fill: #0550ae }
  .line0 { stroke: #0550ae } .line1 { stroke: #bc4c00; stroke-dasharray: 7 4 } .line2 { stroke: #1a7f37; stroke-dasharray: 2 3 }
  .line3 { stroke: #8250df; stroke-dasharray: 9 3 2 3 } .line4 { stroke: #bf3989; stroke-dasharray: 12 3 } .line5 { stroke: #57606a; stroke-dasharray: 4 4 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #f0f6fc } .grid { stroke: #30363d } .axis { stroke: #9198a1 }
    .bar { fill: #656c76 } .ours { fill: #79c0ff } .line0 { stroke: #79c0ff } .line1 { stroke: #ffa657 } .line2 { stroke: #56d364 }
    .line3 { stroke: #d2a8ff } .line4 { stroke: #ff9bce } .line5 { stroke: #c9d1d9 }
  }`;

/** The text of an SVG file. */
export function drawLines({ x, y, lines, ...texts }: LinePlot): string {
  if (lines.length > MOST_LINES) throw new RangeError(`no more than ${MOST_LINES} lines`);
  const toX = placing(x, LEFT, RIGHT);
  const toY = placing(y, BOTTOM, TOP);
  const middle = (TOP + BOTTOM) / 2;
  return page(LINE_PLOT_HEIGHT, texts, [
    ...legend(lines),
    ...x.marks.map((value) => text(toX(value), BOTTOM + 20, grouped(value), ANCHORED)),
    ...y.marks.flatMap((value) => [
      `<path class="grid" d="M${LEFT} ${short(toY(value))}H${RIGHT}"/>`,
      text(LEFT - 8, toY(value) + 4, grouped(value), 'text-anchor="end"'),
    ]),
    `<path class="axis" fill="none" d="M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}"/>`,
    text((LEFT + RIGHT) / 2, LINE_PLOT_HEIGHT - 12, x.label, ANCHORED),
    text(18, middle, y.label, `${ANCHORED} transform="rotate(-90 18 ${middle})"`),
    ...lines.map(({ points }, at) => {
      const path = points.map(([px, py]) => `${short(toX(px))} ${short(toY(py))}`).join("L");
      return `<path class="line line${at}" d="M${path}"/>`;
    }),
  ]);
}

/** The text of an SVG file. The bars run from top to bottom in the given order. */
export function drawBars({ bars, ...texts }: BarPlot): string {
  const most = Math.max(...bars.map(({ value }) => value));
  return page(BARS_TOP + bars.length * BAR_ROW + 12, texts, [
    ...bars.flatMap(({ name, value, note, isOurs }, at) => {
      const top = BARS_TOP + at * BAR_ROW;
      const width = ((BARS_RIGHT - BARS_LEFT) * value) / most;
      const style = isOurs ? "bar ours" : "bar";
      return [
        text(BARS_LEFT - 8, top + 13, name, 'text-anchor="end"'),
        `<rect class="${style}" x="${BARS_LEFT}" y="${top}" width="${short(width)}" height="${BAR_HEIGHT}"/>`,
        text(BARS_LEFT + width + 8, top + 13, note, ""),
      ];
    }),
  ]);
}

/** Round values from 0 up to `most`, or a little above it. */
export function marksUpTo(most: number): number[] {
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough)!;
  const count = Math.ceil(most / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, at) => Number((at * step).toPrecision(12)));
}

function placing({ marks, isLogarithmic }: Axis, from: number, to: number): (v: number) => number {
  const scaled = isLogarithmic ? Math.log10 : (value: number) => value;
  const least = scaled(marks[0]!);
  const most = scaled(marks.at(-1)!);
  return (value) => from + ((to - from) * (scaled(value) - least)) / (most - least);
}

function page(height: number, { title, description }: Texts, content: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped(description)}</desc>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="page" width="${WIDTH}" height="${height}"/>`,
    text(20, 26, title, 'class="title"'),
    ...content,
    "</svg>\n",
  ].join("\n");
}

const ANCHORED = 'text-anchor="middle"';

/** Each line's name, with a sample of the line before it. */
function legend(lines: readonly Line[]): string[] {
  const width = (RIGHT - LEFT) / LEGEND_COLUMNS;
  return lines.flatMap(({ name }, at) => {
    const left = LEFT + (at % LEGEND_COLUMNS) * width;
    const top = LEGEND_TOP + Math.floor(at / LEGEND_COLUMNS) * LEGEND_ROW;
    return [
      `<path class="line line${at}" d="M${short(left)} ${top}h28"/>`,
      text(left + 36, top + 4, name, ""),
    ];
  });
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${short(x)}" y="${short(y)}" ${attributes}>${escaped(content)}</text>`;
}

/** Rounds to a tenth of a pixel, which is finer than an eye can see. */
function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function grouped(value: number): string {
  return value.toLocaleString("en").replaceAll(",", " ");
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
