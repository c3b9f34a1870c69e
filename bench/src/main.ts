// The benchmark: `pnpm run bench`. It chooses, measures and prints. It judges nothing: no figure makes it fail.

import { mkdirSync, writeFileSync } from "node:fs";
import { build, notRun } from "@muxado/peers";
import { optionsOf } from "./command-line.ts";
import { asMarkdown } from "./markdown.ts";
import { measure } from "./measure.ts";
import type { Measurement } from "./measurement.ts";
import { type Format, parseOptions, usage } from "./options.ts";
import type { Peer } from "./peer.ts";
import { plotsOf } from "./plots.ts";
import { asJson, asText, type Results } from "./report.ts";
import { versions } from "./versions.ts";

const formats: Record<Format, (results: Results) => string> = {
  text: asText,
  json: asJson,
  markdown: asMarkdown,
};

async function main(): Promise<void> {
  const options = optionsOf(parseOptions, usage);
  if (options === undefined) return;

  const { rounds, sizes, format, plots, wants, workloads } = options;
  if (plots !== undefined) mkdirSync(plots, { recursive: true });
  const described = versions();
  const wanted = options.peers.filter((peer) => workloads.some((one) => wants(peer, one)));
  const { peers, leftOut } = buildAll(wanted);
  if (leftOut.size > 0) console.error(notRun(leftOut));
  const measurements: Measurement[] = [];
  const left = new Set(workloads);
  const show = (): void => {
    const missing = [...left].map(({ name }) => name);
    const results = { versions: described, peers, rounds, sizes, measurements, missing };
    console.log(formats[format](results));
    if (plots !== undefined) draw(measurements, plots);
    // Printed again here, where a reader of the tables sees it.
    if (leftOut.size > 0) console.error(notRun(leftOut));
  };
  // A full run takes more than an hour. If it ends early, it still prints the results so far.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      show();
      process.exit(1);
    });
  }
  try {
    for (const workload of workloads) {
      console.error(`measuring ${workload.name} …`);
      const able = peers.filter((peer) => wants(peer, workload));
      measurements.push(...(await measure(workload, able, options)));
      left.delete(workload);
    }
  } finally {
    show();
  }
}

/**
 * Builds the programs of the wanted peers. If the tools of a peer are missing, the run leaves out that peer and
 * measures the rest.
 */
function buildAll(wanted: readonly Peer[]): { peers: Peer[]; leftOut: Map<string, string> } {
  const leftOut = new Map<string, string>();
  const peers = wanted.filter((peer) => {
    const reason = "program" in peer ? build(peer.program) : undefined;
    if (reason !== undefined) leftOut.set(peer.name, reason);
    return reason === undefined;
  });
  return { peers, leftOut };
}

function draw(measurements: readonly Measurement[], directory: string): void {
  for (const [name, svg] of plotsOf(measurements)) {
    writeFileSync(`${directory}/${name}`, svg);
    console.error(`written: ${directory}/${name}`);
  }
}

await main();
