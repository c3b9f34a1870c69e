// The attacks: `pnpm run attacks`. It sends each attack at a low rate to a server with default options, beside an
// honest client, and prints the cost. This process is the attacker. It judges nothing: no figure makes it fail.

import { loadavg } from "node:os";
import { optionsOf } from "../command-line.ts";
import { versions } from "../versions.ts";
import { type AttackResult, measureAttack } from "./measure-attack.ts";
import { type EndResult, measureEnd } from "./measure-end.ts";
import { parseOptions, usage } from "./options.ts";
import { asMarkdown, asText, attackTable, endTable, type Table } from "./report.ts";

async function main(): Promise<void> {
  const options = optionsOf(parseOptions, usage);
  if (options === undefined) return;

  const { attacks, ends, wires, seconds, rate, markdown } = options;
  const attackResults: AttackResult[] = [];
  const endResults: EndResult[] = [];
  try {
    for (const attack of attacks) {
      for (const wire of wires) {
        console.error(`${attack.name} on ${wire.name}: ${attack.description} …`);
        attackResults.push(await measureAttack(attack, wire, seconds, rate));
      }
    }
    for (const one of ends) {
      for (const wire of wires) {
        const { count, openedHere, wait, end } = one;
        const opener = openedHere ? "the server" : "the peer";
        console.error(`${count} streams of ${opener} on ${wire.name}: ${wait}, ${end} …`);
        endResults.push(await measureEnd(one, wire));
      }
    }
  } finally {
    // If the run ends early, it still prints the results so far.
    const show = (table: Table): void => console.log(markdown ? asMarkdown(table) : asText(table));
    if (attackResults.length > 0) show(attackTable(attackResults));
    if (endResults.length > 0) show(endTable(endResults));
    const { commit, node, processors } = versions();
    console.log(`${rate / 1e6} Mbit/s for ${seconds} s each; commit ${commit}; Node ${node}`);
    console.log(`${processors}; load ${loadavg()[0]!.toFixed(1)}`);
  }
}

await main();
