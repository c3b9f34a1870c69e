// Failures that a runtime causes, reviewed one by one. Each has a program in reproductions/ that shows the cause
// without our code. As long as the cause exists, the program exits with 0 and prints "reproduced" last.

const messages = "packages/ws/test/messages.test.ts";
const noSocket = {
  runtime: "bun",
  file: messages,
  why: "Bun's own `ws` shows no socket beneath, into which the test could write bytes that are no WebSocket's",
  reproduction: "ws-socket-beneath.mjs",
};

/** @type {import("./judge.mjs").KnownFailure[]} */
export const knownFailures = [
  { ...noSocket, test: "a message that is too long is not waited for: its length says it" },
  {
    ...noSocket,
    test: "a frame of WebSocket's that makes no sense ends the session: a reserved bit",
  },
  {
    ...noSocket,
    test: "a frame of WebSocket's that makes no sense ends the session: an opcode that is none",
  },
  { ...noSocket, test: "a frame of WebSocket's that makes no sense ends the session: no mask" },
  {
    runtime: "bun",
    file: messages,
    test: "a message in too many fragments ends the session with a server",
    hangs: true,
    why: "Bun's own `ws` holds any number of fragments of a message, whatever `maxFragments` says",
    reproduction: "ws-fragments.mjs",
  },
  {
    runtime: "bun",
    file: "packages/ws/src/server/socket-limits.test.ts",
    test: "a message that is too cut ends the socket",
    hangs: true,
    why: "the same, for a server of one's own",
    reproduction: "ws-fragments.mjs",
  },
  {
    runtime: "bun",
    file: "packages/ws/src/server/server.test.ts",
    test: "listening survives an error of its listener",
    why: "finds the listener by net.Server's `listen`, which Bun's HTTP server does not have from there",
    reproduction: "http-server-is-no-net-server.mjs",
  },
  {
    runtime: "bun",
    file: "packages/yamux/test/memory.test.ts",
    why: "collects garbage with V8's collector, which this engine has not",
    reproduction: "no-gc-from-flags.mjs",
  },
  {
    runtime: "deno",
    file: "packages/core/src/base/clock.test.ts",
    test: "a flush without setImmediate runs after the turn and all its promise continuations",
    why: "Deno delivers a port's message between promise continuations. Ours are not concerned: Deno has setImmediate",
    reproduction: "message-among-continuations.mjs",
  },
  {
    runtime: "deno",
    file: "packages/yamux/test/libp2p/compliance.test.ts",
    why: "Deno does not load a module that a package in node_modules imports through a link out of it",
    reproduction: "linked-package.mjs",
  },
];
