// Saved schedules: the conversation of a seed as each side had it, for a debugger, and for a comparison after a change.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Recorder } from "@muxado/core/recording";
import { runSchedule, type ScheduleOptions } from "@muxado/testkit";

/** The recordings of both sides of a schedule. */
export interface SavedSchedule {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** Runs the schedule of `seed` once more, and records it until it ends. */
export async function recordSchedule(
  seed: number,
  options?: ScheduleOptions,
): Promise<SavedSchedule> {
  const client = new Recorder({ note: `schedule ${seed}` });
  const server = new Recorder({ note: `schedule ${seed}` });
  const record = { client: client.record, server: server.record };
  // It is recorded because it fails.
  await runSchedule(seed, { ...options, record }).catch(() => {});
  return { client: client.bytes(), server: server.bytes() };
}

/** Saves the recordings of `seed` in `folder`, which is made if it does not exist. Returns the names of the files. */
export async function saveSchedule(
  folder: string,
  seed: number,
  options?: ScheduleOptions,
): Promise<string[]> {
  const recordings = Object.entries(await recordSchedule(seed, options));
  mkdirSync(folder, { recursive: true });
  return recordings.map(([side, bytes]) => {
    const file = path.join(folder, `schedule-${seed}-${side}.muxrec`);
    writeFileSync(file, bytes);
    return file;
  });
}
