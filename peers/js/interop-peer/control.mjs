// Commands in, reports out: one JSON object a line. Knows nothing of what they mean.
//
// A command is {"id":7,"do":"write",...}; its answer {"answer":7,...}. Commands run side by side: who needs an
// order waits for the answers. Anything else that is worth telling is {"report":"ended",...}.

import { createInterface } from "node:readline";

/** Gives each command to `perform`; the end of the input ends the process, whatever it is doing. */
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
