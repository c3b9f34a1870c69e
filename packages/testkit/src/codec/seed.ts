// One seed for all property tests of a run. A failure prints it; MUXADO_SEED repeats the run.

import process from "node:process";
import fc from "fast-check";

const given = process.env["MUXADO_SEED"];

fc.configureGlobal({
  seed: given === undefined ? Math.floor(Math.random() * 0x7fffffff) : Number(given),
  numRuns: 500,
});

export { fc };
