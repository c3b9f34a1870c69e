// A session over the standard input and output of a child process, as a program would run it over ssh. The child passes
// bytes on to a server of sessions, so both ends of the session are in this process.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { attach } from "@muxado/node";
import { expect, onTestFinished, test } from "vitest";
import { ask, echo, serve } from "./peers.ts";
import { leaveNothingOpen } from "./resources.ts";

leaveNothingOpen();

function run(program: string, ...args: string[]): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, ["-e", program, ...args]);
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

const relay = `
  const socket = require("net").connect(process.argv[1], "127.0.0.1");
  process.stdin.pipe(socket).pipe(process.stdout);
`;

test("carries streams, and lets the child end when it closes", async () => {
  const { server, port } = await serve({}, echo);
  const child = run(relay, String(port));
  const exited = once(child, "exit");
  const session = attach({ readable: child.stdout, writable: child.stdin }, { role: "client" });
  const texts = Array.from({ length: 20 }, (_, index) => `${index}`.repeat(5000));
  expect(await Promise.all(texts.map((text) => ask(session, text)))).toEqual(texts);

  await session.close();
  expect((await session.closed).localError).toBeUndefined();
  expect(await exited).toEqual([0, null]);
  await server.close();
});

test("tells when the child is killed", async () => {
  const { port } = await serve({}, echo);
  const child = run(relay, String(port));
  const session = attach({ readable: child.stdout, writable: child.stdin }, { role: "client" });
  expect(await ask(session, "hello")).toBe("hello");
  const stream = session.open();
  const read = stream.read();
  child.kill("SIGKILL");
  await expect(read).rejects.toMatchObject({ scope: "session", origin: "remote" });
  // The error is a reset if the child had not yet read all that we had written.
  expect((await session.closed).localError!.code).toMatch(/^(PEER_EOF|TRANSPORT_FAILED)$/);
});

test("tells when the child exits while it is written to", async () => {
  const child = run("process.stdin.once('data', () => process.exit(3))");
  const session = attach({ readable: child.stdout, writable: child.stdin }, { role: "client" });
  const outcomes = Array.from({ length: 8 }, () => session.open().write(new Uint8Array(262_144)));
  const more = session.open().write(new Uint8Array(1_000_000));
  await expect(more).rejects.toMatchObject({ scope: "session", origin: "remote" });
  await Promise.allSettled(outcomes);
  expect((await session.closed).localError!.code).toMatch(/^(PEER_EOF|TRANSPORT_FAILED)$/);
});

test("tells when the child speaks another protocol", async () => {
  const child = run("console.log('usage: muxado-server <options>')");
  const session = attach({ readable: child.stdout, writable: child.stdin }, { role: "client" });
  expect((await session.closed).localError).toMatchObject({ scope: "session", origin: "remote" });
});
