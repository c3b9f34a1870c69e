// The suites that run on every runtime: those of the packages, without the files that need no second runtime. Each
// omission is reviewed and has a reason.

/** Folders and files with tests. */
export const suites = [
  "packages/frame/",
  "packages/core/",
  "packages/typed/",
  "packages/heartbeat/",
  "packages/resume/",
  "packages/yamux/",
  "packages/testkit/",
  "packages/ws/",
  "packages/node/src/",
  "packages/node/test/compliance.test.ts",
  "packages/node/test/lent-reads.test.ts",
];

/**
 * Suites that meet the runtime itself: its sockets, servers, WebSockets, Web Streams, timers and abort signals. All else
 * is arithmetic, and the same on two versions of an engine if it is the same on an older and a newer one.
 */
export const systemSuites = [
  "packages/core/src/attach.test.ts",
  "packages/core/src/web-streams.test.ts",
  "packages/core/src/base/",
  "packages/core/test/lessons/",
  "packages/ws/",
  "packages/node/src/",
  "packages/node/test/compliance.test.ts",
  "packages/node/test/lent-reads.test.ts",
];

/**
 * The start of the full names of tests that such a version leaves out, as a regular expression: sessions on the second
 * wire. The wires differ in arithmetic only, and meet the runtime in the same way.
 */
export const systemOmission = "sessions over .*, on 'yamux'";

/** @typedef {{ readonly what: string, readonly why: string }} Omission */

/** @type {Omission[]} */
export const omittedFiles = [
  {
    what: "packages/testkit/test/scale.test.ts",
    why: "a gibibyte through the simulated link: seconds of arithmetic that no runtime does differently",
  },
  {
    what: "packages/testkit/test/traffic.test.ts",
    why: "the same: simulations in virtual time, whose figures are the same everywhere",
  },
  {
    what: "packages/core/test/stream-flags.test.ts",
    why: "the same: every sequence of four inputs",
  },
  {
    what: "packages/testkit/test/faults.test.ts",
    why: "the same, with connections that break",
  },
  {
    what: "packages/core/test/turns.test.ts",
    why: "the same: turns, shares and budgets",
  },
  {
    what: "packages/testkit/test/fuzz.test.ts",
    why: "the same: mutated conversations in virtual time",
  },
  {
    what: "packages/typed/test/compliance.test.ts",
    why: "the same: what typed adds are two bytes, over sessions that the other suites drive",
  },
  {
    what: "packages/yamux/test/own-bulk.test.ts",
    why: "the same: a slow line, and a relay that takes its time",
  },
  {
    what: "packages/ws/test/closing.test.ts",
    why: "starts processes of Node, whatever runs the test",
  },
  {
    what: "packages/ws/test/flood.test.ts",
    why: "measures the resident memory and the speed of one process; its limits are Node's",
  },
];
