// One plot as an SVG of its own: lines over two axes from zero. It brings its own background, so that it can be read
// on a light page and on a dark one, and tells its lines apart by dashes as well as by colours.

/** One axis, from 0 to `most`. */
interface Axis {
  /** What it shows, with the unit. */
  readonly label: string;
  readonly most: number;
  /** The distance between two marks. */
  readonly step: number;
}

/** One line, from left to right. */
export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What is drawn. */
export interface Plot {
  readonly title: string;
  /** For those who cannot see it. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  /** At most as many as there are styles for. */
  readonly lines: readonly Line[];
}

const WIDTH = 720;
const HEIGHT = 400;
/** The area of the lines. */
const LEFT = 70;
const RIGHT = WIDTH - 20;
const TOP = 76;
const BOTTOM = HEIGHT - 52;

const STYLE = `
  .page { fill: #ffffff } text { fill: #1f2328; font: 13px system-ui, sans-serif }
  .title { font-size: 15px; font-weight: 600 } .grid { stroke: #d1d9e0 } .axis { stroke: #59636e }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round }
  .line0 { stroke: #0550ae } .line1 { stroke: #bc4c00; stroke-dasharray: 7 4 } .line2 { stroke: #1a7f37; stroke-dasharray: 2 3 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #f0f6fc } .grid { stroke: #30363d } .axis { stroke: #9198a1 }
    .line0 { stroke: #79c0ff } .line1 { stroke: #ffa657 } .line2 { stroke: #56d364 }
  }`;

/** The text of an SVG file. */
export function drawPlot({ title, description, x, y, lines }: Plot): string {
  const toX = (value: number): number => LEFT + ((RIGHT - LEFT) * value) / x.most;
  const toY = (value: number): number => BOTTOM - ((BOTTOM - TOP) * value) / y.most;
  const middle = (TOP + BOTTOM) / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped(description)}</desc>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="page" width="${WIDTH}" height="${HEIGHT}"/>`,
    text(LEFT, 26, title, 'class="title"'),
    ...legend(lines),
    ...marks(x).map((value) => text(toX(value), BOTTOM + 20, String(value), ANCHORED)),
    ...marks(y).flatMap((value) => [
      `<path class="grid" d="M${LEFT} ${short(toY(value))}H${RIGHT}"/>`,
      text(LEFT - 8, toY(value) + 4, String(value), 'text-anchor="end"'),
    ]),
    `<path class="axis" fill="none" d="M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}"/>`,
    text((LEFT + RIGHT) / 2, HEIGHT - 12, x.label, ANCHORED),
    text(18, middle, y.label, `${ANCHORED} transform="rotate(-90 18 ${middle})"`),
    ...lines.map(({ points }, at) => {
      const path = points.map(([px, py]) => `${short(toX(px))} ${short(toY(py))}`).join("L");
      return `<path class="line line${at}" d="M${path}"/>`;
    }),
    "</svg>\n",
  ].join("\n");
}

const ANCHORED = 'text-anchor="middle"';

/** Each line's name behind a piece of it. */
function legend(lines: readonly Line[]): string[] {
  const width = (RIGHT - LEFT) / lines.length;
  return lines.flatMap(({ name }, at) => {
    const left = LEFT + at * width;
    return [
      `<path class="line line${at}" d="M${short(left)} 50h28"/>`,
      text(left + 36, 54, name, ""),
    ];
  });
}

function marks({ most, step }: Axis): number[] {
  const count = Math.round(most / step) + 1;
  return Array.from({ length: count }, (_, at) => Math.round(at * step * 1e6) / 1e6);
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${short(x)}" y="${short(y)}" ${attributes}>${escaped(content)}</text>`;
}

/** A tenth of a pixel is finer than anybody sees. */
function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
