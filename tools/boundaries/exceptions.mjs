// What breaks a rule and is known. Lists here shrink only: an entry that is no longer needed fails the check.

/**
 * Files in a circle of imports. These may import each other as types, whatever their rooms. At run time no file is in
 * a circle.
 * @type {string[][]}
 */
const circles = [
  // A stream has a public session, a watcher is given streams, and dispatch calls both halves of a stream (decision 34).
  [
    "packages/core/src/session.ts",
    "packages/core/src/stream.ts",
    "packages/core/src/options.ts",
    "packages/core/src/web-streams.ts",
    "packages/core/src/receiving/dispatch.ts",
    "packages/core/src/receiving/receive-side.ts",
    "packages/core/src/sending/send-side.ts",
  ],
  // A typed stream has a public session, and a router serves sessions.
  [
    "packages/typed/src/router.ts",
    "packages/typed/src/typed-session.ts",
    "packages/typed/src/typed-stream.ts",
  ],
  // A side holds its ends of streams, and an end tells its side.
  ["packages/testkit/src/model/side.ts", "packages/testkit/src/model/stream-model.ts"],
];

/**
 * Files that are longer than files may be.
 * @type {string[]}
 */
const longFiles = ["packages/heartbeat/src/heartbeat.ts"];

/** @typedef {{ circles: string[][], longFiles: string[] }} Exceptions */

/** @type {Exceptions} */
export const exceptions = { circles, longFiles };
