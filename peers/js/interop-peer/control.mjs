// Commands in, reports out: one JSON object per line. This file does not know their meaning.
//
// A command is {"id":7,"do":"write",...}. Its answer is {"answer":7,...}. Commands run concurrently: a caller that
// needs an order waits for each answer. All other messages are reports: {"report":"ended",...}.

import { createInterface } from "node:readline";

/** Passes each command to `perform`. The end of the input ends the process, whatever it is doing. */
export function obey(perform) {
  createInterface(process.stdin)
    .on("line", (line) => void answer(JSON.parse(line), perform))
    .on("close", () => process.exit(0));
}

async function answer(command, perform) {
  const fields = await perform(command).catch((error) => ({ error: errorFields(error) }));
  print({ ...fields, answer: command.id });
}

export function report(what, details = {}) {
  print({ ...details, report: what });
}

/** The library's errors have no code. */
export function errorFields(error) {
  return { code: null, text: String(error?.message ?? error) };
}

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
