// @muxado/testkit/closing: the parts of two processes whose session is closed. For programs of tests: it needs no test
// runner.

export { type CloserReport, type Plan, type ReaderReport, situations } from "./plan.ts";
export { optionsOf, play } from "./parts.ts";
