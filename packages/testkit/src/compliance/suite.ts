// The compliance suite: the behaviour of every session, on every wire and over every transport. It knows only the
// public contract, and reads as its specification.

import { describe } from "vitest";
import { wires } from "../dialect.ts";
import { describeClose } from "./close.ts";
import { describeDraining } from "./draining.ts";
import { describeErrors } from "./errors.ts";
import { describeHalfClose } from "./half-close.ts";
import { Harness, type SessionsUnderTest } from "./harness.ts";
import { describeKnowingTheEnd } from "./knowing-the-end.ts";
import { describeMemory } from "./memory.ts";
import { describeNonBlocking } from "./non-blocking.ts";
import { describeOpening } from "./opening.ts";
import { describeReadingInto } from "./reading-into.ts";
import { describeRelaying } from "./relaying.ts";
import { describeReset } from "./reset.ts";
import { describeSessionEnd } from "./session-end.ts";
import { describeTransfer } from "./transfer.ts";
import { describeWaiting } from "./waiting.ts";
import { describeWebStreams } from "./web-streams.ts";

/** Describes and tests sessions of one kind, on every wire. Call it at the top of a test file. */
export function describeSessions(sessions: SessionsUnderTest): void {
  describe.each(wires)(`sessions over ${sessions.name}, on $name`, (wire) => {
    const harness = new Harness(sessions, wire);
    describeOpening(harness);
    describeTransfer(harness);
    describeHalfClose(harness);
    describeClose(harness);
    describeReset(harness);
    describeWaiting(harness);
    describeNonBlocking(harness);
    describeReadingInto(harness);
    describeRelaying(harness);
    describeWebStreams(harness);
    describeMemory(harness);
    describeDraining(harness);
    describeKnowingTheEnd(harness);
    describeSessionEnd(harness);
    describeErrors(harness);
  });
}
