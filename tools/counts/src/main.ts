// Counts the cost of a stream and of a MiB, and fails if a count is above its limit. Unlike times, counts hardly depend
// on the machine. So they can be checked, and a change that makes everything slower is visible at once.
//
// node --expose-gc --min-semi-space-size=512 --max-semi-space-size=512 tools/counts/dist/main.js

import { counts, wires } from "./counts.ts";
import { Loop } from "./loop.ts";

let passed = 0;
let failed = 0;
for (const { name, limits, count } of counts) {
  for (const [wireName, wire] of wires) {
    const loop = new Loop({ wire });
    const value = await count(loop, wire);
    await loop.end();
    const limit = limits[wireName];
    const isAbove = value > limit;
    if (isAbove) failed++;
    else passed++;
    console.log(
      `${isAbove ? "✗" : "✓"} ${value.toFixed(1).padStart(10)} of ${String(limit).padStart(6)}  ${wireName}: ${name}`,
    );
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
