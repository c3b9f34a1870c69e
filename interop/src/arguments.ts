// The command line of the runner.

import { parseArgs } from "node:util";
import type { Role } from "@muxado/core";
import { type Peer, peers } from "./peers.ts";

export interface Arguments {
  readonly peers: readonly Peer[];
  readonly roles: readonly Role[];
  /** Whether to run scenarios with the peer. An older release runs only its quirks, unless `--peer` names it. */
  readonly runsScenarios: (peer: Peer) => boolean;
  /** Part of the names of scenarios, or the number of a quirk. */
  readonly only: string | undefined;
  /** Whether a peer that cannot be built counts as a failure. */
  readonly require: boolean;
  /** Makes the recordings anew, and runs nothing. */
  readonly record: boolean;
  /** Makes QUIRKS.md anew, and runs nothing. */
  readonly page: boolean;
}

export const usage = `Usage: pnpm run interop [options]

  --peer NAME     only with this peer: ${peers.map(({ name }) => name).join(", ")}; may be repeated
  --role ROLE     only with us as the client, or as the server
  --only TEXT     only scenarios whose name contains this text, with the quirks that make them impossible,
                  or the quirk with this number
  --require       fails if a peer cannot be built, as it does where CI=true
  --record        makes the recordings anew, instead of running anything
  --page          makes QUIRKS.md anew, instead of running anything
  --help          prints this`;

/** Returns undefined if help was asked for. @throws {Error} if an argument is wrong. */
export function parseArguments(args: readonly string[]): Arguments | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      peer: { type: "string", multiple: true },
      role: { type: "string" },
      only: { type: "string" },
      require: { type: "boolean", default: process.env.CI === "true" },
      record: { type: "boolean", default: false },
      page: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const unknown = values.peer?.find((wanted) => peers.every(({ name }) => name !== wanted));
  if (unknown !== undefined) throw new RangeError(`no peer is called ${unknown}`);
  const { role } = values;
  if (role !== undefined && role !== "client" && role !== "server") {
    throw new RangeError(`a role is client or server, not ${role}`);
  }
  return {
    peers: peers.filter(({ name }) => values.peer?.includes(name) ?? true),
    runsScenarios: ({ name, isOlder }) => !isOlder || values.peer?.includes(name) === true,
    roles: role === undefined ? ["client", "server"] : [role],
    only: values.only,
    require: values.require,
    record: values.record,
    page: values.page,
  };
}
