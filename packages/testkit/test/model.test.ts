// The model test: random schedules, checked against two byte queues for each stream.
//
// One seed is one schedule on each wire. MUXADO_SEED fixes the first seed, and MUXADO_RUNS the count. MUXADO_SEED=n
// MUXADO_RUNS=1 replays one schedule on each wire and prints each of its steps. With MUXADO_SAVE=folder, a schedule
// that fails leaves a recording of each side there.

import type { Stream } from "@muxado/core";
import { type Account, runSchedule, wires } from "@muxado/testkit";
import { expect, test } from "vitest";
import { saveSchedule } from "./saved.ts";
import { firstSeed, runs, saveIn } from "./seeds.ts";

const replaying = runs === 1;

/** Internals of a stream that core does not export. */
interface Insides {
  readonly failure: object | null;
  readonly state: number;
  readonly sending: { ended: boolean; window: { available: number } };
  readonly receiving: {
    ended: boolean;
    discarding: boolean;
    unread: number;
    window: { remaining: number; owed: number; target: number };
  };
  readonly session: { pendingInput: number };
}

/** The sums that the windows of each stream must have, at any time between two steps. */
function inspect(live: Stream, account: Account, initialWindow: number): string | undefined {
  const stream = live as unknown as Insides;
  if (stream.failure !== null) return undefined;
  const { receiving, sending } = stream;
  const available = initialWindow + account.granted - account.sent;
  if (!sending.ended && sending.window.available !== available) {
    return `${sending.window.available} bytes of credit to send in state ${stream.state}, but it should be ${available}`;
  }
  if (receiving.ended || receiving.discarding) return undefined;
  const { remaining, owed, target } = receiving.window;
  const sum = remaining + receiving.unread + owed;
  // A frame is charged when its header is known, before its body has arrived.
  const whole = stream.session.pendingInput === 0;
  if (whole ? sum !== target : sum > target) {
    return `remaining ${remaining} + unread ${receiving.unread} + owed ${owed} ≠ target ${target}`;
  }
  if (remaining !== initialWindow + account.given - account.received) {
    return `${remaining} bytes of credit left to the peer, which the trace does not show`;
  }
  return undefined;
}

const title = `${runs} schedules from seed ${firstSeed}, on $name`;

test.each(wires)(title, { timeout: 3_600_000 }, async ({ name, wire }) => {
  const log = replaying ? console.log : undefined;
  // Hundreds of thousands of errors are made on purpose, and their stack traces would be a third of all work.
  if (!replaying) Error.stackTraceLimit = 0;
  const start = performance.now();
  let streams = 0;
  let bytes = 0;
  let steps = 0;
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    try {
      const facts = await runSchedule(seed, { wire, inspect, ...(log && { log }) });
      streams += facts.streams;
      bytes += facts.bytes;
      steps += facts.steps;
    } catch (error) {
      if (saveIn !== undefined) {
        console.log("saved:", ...(await saveSchedule(saveIn, seed, { wire, inspect })));
      }
      const replay = `MUXADO_SEED=${seed} MUXADO_RUNS=1`;
      throw new Error(`schedule ${seed} failed on ${name}; replay it with ${replay}`, {
        cause: error,
      });
    }
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${runs} schedules from seed ${firstSeed} on ${name}: ${streams} streams, ${bytes} bytes, ${steps} steps, ` +
      `${Math.round(runs / seconds)} schedules/s`,
  );
  expect(streams).toBeGreaterThan(0);
});
