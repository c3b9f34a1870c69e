// Four workers do jobs. One worker is killed in the middle, and one is asked to leave. Each is replaced.

import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { MuxadoError } from "@muxado/core";
import { type Job, Pool } from "./pool.ts";
import { WorkerProcess } from "./worker-process.ts";

const JOBS = 60;
const PART = 64 * 1024;
const PARTS = 32; // 2 MiB for each job: eight times the bytes that a stream takes before its reader reads

const key = randomBytes(32);
const jobs: Job[] = Array.from({ length: JOBS }, (_, number) => ({
  number,
  *parts() {
    for (let index = 0; index < PARTS; index++) yield new Uint8Array(PART).fill(number + index);
  },
  repeatable: number % 3 !== 0,
}));

const pool = new Pool((job, worker, error, again) => {
  const verdict = `${error.code}, retry: ${error.retry}`;
  const kind = job.repeatable ? "repeatable" : "only once";
  const what = again ? "done again" : "left to its owner";
  console.log(`  job ${job.number} (${kind}) fails with ${worker.name}: ${verdict}; ${what}`);
});

const crew = new Map<string, WorkerProcess>();
let isOver = false;
function hire(name: string): void {
  const worker = new WorkerProcess(name, name === "Dora" ? "stdio" : "pipe", key);
  crew.set(name, worker);
  pool.hire(worker);
  void worker.session.closed.then(({ localError }) => {
    if (isOver) return;
    console.log(`  ${name} has gone: ${localError?.code ?? "it was done"}`);
    setTimeout(() => isOver || hire(name), 100);
  });
}

console.log("The workers report, on streams that they open:");
for (const name of ["Anna", "Bert", "Carl", "Dora"]) hire(name);

let sealed = 0;
async function run(job: Job): Promise<boolean> {
  let seal: string;
  try {
    seal = await pool.seal(job);
  } catch (error) {
    assert(MuxadoError.is(error) && error.retry !== "safe" && !job.repeatable);
    return false;
  }
  const expected = createHmac("sha256", key);
  for (const part of job.parts()) expected.update(part);
  assert.equal(seal, expected.digest("hex"));
  sealed++;
  if (sealed === JOBS / 6) {
    console.log("Anna is killed:");
    crew.get("Anna")!.kill();
  } else if (sealed === JOBS / 2) {
    console.log("Dora is asked to leave:");
    crew.get("Dora")!.retire();
  }
  return true;
}

const outcomes = await Promise.all(jobs.map(run));
isOver = true;
await Promise.all([...crew.values()].map(({ session }) => session.close()));
console.log(`${sealed} of ${JOBS} jobs are sealed; ${JOBS - sealed} may have been, by Anna.`);
assert.equal(outcomes.filter(Boolean).length, sealed);
