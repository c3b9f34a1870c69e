// The benchmark: `npm run bench`. Chooses, measures, prints. It judges nothing: no figure makes it fail.

import { measure, type Measurement } from "./measure.ts";
import { type Options, parseOptions, usage } from "./options.ts";
import type { Peer } from "./peer.ts";
import { asJson, asText } from "./report.ts";
import { versions } from "./versions.ts";

async function main(): Promise<void> {
  let options: Options | undefined;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (options === undefined) return console.log(usage);

  const peers = options.peers.filter(isThere);
  const measurements: Measurement[] = [];
  for (const workload of options.workloads) {
    const able = peers.filter(({ supports }) => supports(workload));
    if (able.length === 0) continue;
    console.error(`measuring ${workload.name} …`);
    measurements.push(...(await measure(workload, able, options)));
  }
  const { rounds, sizes } = options;
  const results = { versions: versions(), peers, rounds, sizes, measurements };
  console.log(options.json ? asJson(results) : asText(results));
}

/** Builds what has to be built. Without its tools a peer is left out, and the rest is measured. */
function isThere(peer: Peer): boolean {
  const reason = "build" in peer ? peer.build() : undefined;
  if (reason !== undefined) console.error(`leaving out ${peer.name}: ${reason}`);
  return reason === undefined;
}

await main();
