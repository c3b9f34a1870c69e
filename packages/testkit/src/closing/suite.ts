// The promises of a close when both sides are separate processes: no earlier write is lost, an error arrives, and each
// side reports who did what.

import type { Role } from "@muxado/core";
import { describe, expect, test } from "vitest";
import {
  type CloserReport,
  type Plan,
  type ReaderReport,
  type SituationName,
  situations,
  type Story,
  type Way,
} from "./plan.ts";

/** The reports of both processes, and how they have ended. */
export interface Outcome {
  readonly closer: CloserReport;
  /** Undefined if the reader has died. */
  readonly reader: ReaderReport | undefined;
  /** The exit codes of the processes that were not killed. */
  readonly exitCodes: readonly (number | null)[];
}

/** The facts about the connection that carries the sessions. */
export interface ClosingUnderTest {
  /** The name in the titles. */
  readonly name: string;
  /** Runs both processes to their ends. It ends everything that it starts, also when `signal` aborts. */
  readonly run: (plan: Plan, signal: AbortSignal) => Promise<Outcome>;
  /** Whether each situation is run with either closer. Default: only the situations in which that matters most. */
  readonly isThorough?: boolean;
  /** Situations that are not possible on this connection. */
  readonly without?: readonly SituationName[];
}

const titles: Readonly<Record<SituationName, string>> = {
  busy: "the reader stands still for 3 s in the middle of 12 MB",
  slowLink: "the link has 1 Mbit/s",
  late: "the reader stands still, then opens a stream and writes, before it hears of the end",
  uploading: "the peer is sending 12 MB, and the closer stands still for 3 s in the middle",
  stuck: "the reader stands still for longer than the deadline",
  dies: "the reader is killed before it has read what was sent",
  destroyed: "an error ends it while the peer stands still for 3 s, behind megabytes",
  breach: "a breach ends it while the peer stands still for 3 s, behind megabytes",
};

const NO_ERRORS: Story = { local: null, remote: null, debug: "" };
const roles: readonly Role[] = ["client", "server"];

/** Describes and tests closes over one kind of connection. All cases run in parallel, because they mostly wait. */
export function describeClosing(closing: ClosingUnderTest): void {
  const { name, run } = closing;
  describe.concurrent(`a close over ${name}`, () => {
    for (const [at, plan] of plansOf(closing).entries()) {
      const { closer, way, situation, wire } = plan;
      test(`${at + 1}: of the ${closer}, by ${way}, on ${wire}: ${titles[situation]}`, async ({
        signal,
      }) => {
        const outcome = await run(plan, signal);
        check(plan, outcome);
        expect(new Set(outcome.exitCodes)).toEqual(new Set([0]));
      });
    }
  });
}

/** Situations in which it matters little who closes. The roles take turns, unless all cases are wanted. */
const either: readonly SituationName[] = ["uploading", "stuck", "dies", "destroyed", "breach"];

/**
 * Each situation, with either closer where wanted. Wires and ways take turns, so that each situation sees both, and so
 * does each closer.
 */
function plansOf({ isThorough = false, without = [] }: ClosingUnderTest): Plan[] {
  const names = (Object.keys(situations) as SituationName[]).filter(
    (one) => !without.includes(one),
  );
  return names.flatMap((situation, row) => {
    const plans = roles.map((closer, column): Plan => {
      const wire = (row + column) % 2 === 0 ? "muxado" : "yamux";
      return { situation, closer, wire, way: wayOf(situation, closer, row) };
    });
    return isThorough || !either.includes(situation) ? plans : [plans[(row >> 1) % 2]!];
  });
}

function wayOf(situation: SituationName, closer: Role, row: number): Way {
  if (situation === "destroyed" || situation === "breach") return "destroy";
  if (situation === "stuck" || row % 4 < 2)
    return closer === "server" ? "server.close" : "session.close";
  return "await using";
}

function check(plan: Plan, { closer, reader }: Outcome): void {
  const { length } = situations[plan.situation];
  const whole = { length, firstWrong: -1, end: null };
  switch (plan.situation) {
    case "uploading":
      expect(closer).toEqual({ failed: null, received: whole, closed: NO_ERRORS });
      return expect(reader).toEqual({ failed: null, received: null, closed: NO_ERRORS });
    case "late":
      expect(closer).toEqual({ failed: null, received: null, closed: NO_ERRORS });
      // Both report the same: it came too late, and the peer did not want it.
      return expect(reader).toEqual({
        failed: expect.stringMatching(/^(REMOTE_GONE_AWAY|SESSION_CLOSED|STREAM_REFUSED), remote$/),
        received: whole,
        closed: NO_ERRORS,
      });
    case "stuck": {
      const { local, remote } = closer.closed;
      expect([closer.failed, remote]).toEqual([null, null]);
      expect(local).toEqual(told("DRAIN_TIMEOUT", "local"));
      return expect(local![2]).toMatch(/bytes could not be sent|has not ended the connection/);
    }
    case "dies":
      expect(reader).toBeUndefined();
      // Only some transports know which side caused the error.
      return expect(closer.closed.local?.[0]).toBe("TRANSPORT_FAILED");
    case "destroyed":
      expect(closer.closed).toMatchObject({
        local: told("SESSION_CLOSED", "local"),
      });
      expect(reader!.closed).toMatchObject({
        local: null,
        remote: told("INTERNAL_ERROR", "remote"),
      });
      expect(reader!.received!.end).toBe("SESSION_CLOSED, remote");
      return expect(reader!.failed).toBe("SESSION_CLOSED, remote");
    case "breach": {
      expect(closer.closed.local).toEqual(told("ENHANCE_YOUR_CALM", "remote"));
      const code = plan.wire === "muxado" ? "ENHANCE_YOUR_CALM" : "PROTOCOL_ERROR";
      expect(reader!.closed).toMatchObject({ local: null, remote: told(code, "remote") });
      return expect(reader!.closed.debug).toContain(plan.wire === "muxado" ? "reset" : "");
    }
    case "busy":
    case "slowLink":
      expect(closer).toEqual({ failed: null, received: null, closed: NO_ERRORS });
      expect(reader).toEqual({ failed: null, received: whole, closed: NO_ERRORS });
  }
}

/** The part of a story about an error, with any text. */
function told(code: string, origin: string): unknown {
  return [code, origin, expect.any(String)];
}
