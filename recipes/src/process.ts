// Runs one recipe, and reports each step to the runner. The process ends by itself unless the recipe leaves something.

import type { Report } from "./report.ts";
import { recipes } from "./recipes.ts";

const [name, folder] = process.argv.slice(2);
const entry = recipes.find((one) => one.name === name);
if (entry === undefined || folder === undefined) throw new Error("the arguments: recipe, folder");

let failed = false;
const { recipe } = await entry.load();
await recipe.play(folder, {
  begins: (kind, title) => tell({ event: "begins", kind, title }),
  passes: (note) => tell({ event: "passes", note }),
  fails: (error) => {
    failed = true;
    tell({
      event: "fails",
      text: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  },
});
// Resources that a failed step has left would keep the process alive.
if (failed) process.exit(1);

function tell(report: Report): void {
  process.send?.(report);
}
