// Runs the server and the client as processes of their own, shows their progress, and prints a summary.

import { Party } from "./party.ts";
import { Progress } from "./progress.ts";
import { table } from "./table.ts";

/** Runs both programs to their end. The exit code is 0 if every answer was right and both programs exited with 0. */
export async function demo(serverProgram: string, clientProgram: string): Promise<number> {
  const progress = new Progress();
  const parties: Party[] = [];
  const start = (name: string, program: string, ...args: string[]): Party => {
    const party = new Party(program, args, (done, of) => progress.show(name, done, of));
    parties.push(party);
    return party;
  };
  try {
    const server = start("questions", serverProgram);
    const client = start("files", clientProgram, String(await server.port));
    const [files, questions] = await Promise.all([client.summary, server.summary]);

    server.dismiss();
    const codes = await Promise.all(parties.map((party) => party.exitCode));
    progress.end();
    const wrong = files.mismatches + questions.mismatches;
    console.log(`${table(files, questions)}\n`);
    console.log(wrong === 0 ? "Every answer was right." : `Wrong answers: ${wrong}`);
    return wrong === 0 && codes.every((code) => code === 0) ? 0 : 1;
  } catch (error) {
    progress.end();
    console.error(error);
    return 1;
  } finally {
    for (const party of parties) party.kill();
  }
}
