// Runs the built examples, each until it ends. If a folder has a main.js, that runs alone. Otherwise server.js is
// started, and client.js as soon as the server has printed its first line.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";

const timeout = 120_000;
const built = "examples/dist";
let passed = 0;
let failed = 0;

for (const name of readdirSync(built).filter((entry) => !entry.includes("."))) {
  const folder = `${built}/${name}`;
  const problem = existsSync(`${folder}/main.js`)
    ? await run(`${folder}/main.js`)
    : await runPair(`${folder}/server.js`, `${folder}/client.js`);
  if (problem) failed++;
  else passed++;
  console.log(problem ? `✗ ${name}\n${problem}` : `✓ ${name}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/**
 * Runs the program. Returns a description of the failure, or `undefined`.
 * @param {string} program
 */
async function run(program) {
  const child = start(program);
  const [code, signal] = await once(child.process, "close");
  return code === 0 ? undefined : `${program}: exit ${code ?? signal}\n${child.output()}`;
}

/** @param {string} serverProgram @param {string} clientProgram */
async function runPair(serverProgram, clientProgram) {
  const server = start(serverProgram);
  const closed = once(server.process, "close");
  await Promise.race([once(server.process.stdout, "data"), closed]);
  const problem = await run(clientProgram);
  server.process.kill();
  await closed;
  return problem && `${problem}\n${serverProgram}:\n${server.output()}`;
}

/** @param {string} program */
function start(program) {
  const child = spawn(process.execPath, [program], { timeout });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => (output += chunk));
  }
  return { process: child, output: () => output };
}
