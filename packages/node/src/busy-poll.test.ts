import { connect, type BusyPollOptions } from "@muxado/node";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { ask, echo, ending, HOST as host, serve } from "../test/peers.ts";
import { leaveNothingOpen } from "../test/resources.ts";
import { stayAwake } from "./busy-poll.ts";

describe("a session", () => {
  leaveNothingOpen();

  test.each<[which: string, client: BusyPollOptions, server: BusyPollOptions, is: boolean]>([
    ["of nobody who asks for it", {}, {}, false],
    ["of a client that asks for it", { busyPoll: 1 }, {}, true],
    ["of a server that asks for it", {}, { busyPoll: 1 }, true],
  ])("keeps the event loop turning or not: %s", async (_, ofClient, ofServer, is) => {
    const turns = vi.spyOn(globalThis, "setImmediate");
    onTestFinished(() => turns.mockRestore());
    const { port } = await serve(ofServer, echo);
    const session = ending(await connect({ host, port, ...ofClient }));
    expect(await ask(session, "hello")).toBe("hello");
    expect(turns.mock.calls.length > 0).toBe(is);
  });
});

describe("the event loop", () => {
  let now = 0;
  let due: (() => void)[];

  beforeEach(() => {
    // Later than whatever another test has asked for.
    now += Math.ceil(performance.now()) + 1_000;
    due = [];
    vi.spyOn(performance, "now").mockImplementation(() => now);
    vi.spyOn(globalThis, "setImmediate").mockImplementation(((callback: () => void) => {
      due.push(callback);
    }) as never);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Whether it would still turn without input, so many milliseconds later. */
  function turnsAfter(milliseconds: number): boolean {
    now += milliseconds;
    for (const callback of due.splice(0)) callback();
    return due.length > 0;
  }

  test("turns for as long as it was asked to", () => {
    stayAwake(5);
    expect(turnsAfter(0)).toBe(true);
    expect(turnsAfter(4)).toBe(true);
    expect(turnsAfter(1)).toBe(false);
  });

  test("turns for as long from the last time that it was asked", () => {
    stayAwake(5);
    expect(turnsAfter(4)).toBe(true);
    stayAwake(5);
    expect(turnsAfter(4)).toBe(true);
    expect(turnsAfter(1)).toBe(false);
  });

  test("turns for the longest that any session asks for, in one immediate for all", () => {
    stayAwake(5);
    stayAwake(2);
    expect(due).toHaveLength(1);
    expect(turnsAfter(4)).toBe(true);
    expect(due).toHaveLength(1);
    expect(turnsAfter(1)).toBe(false);
  });

  test("can be kept turning again when it has stopped", () => {
    stayAwake(5);
    expect(turnsAfter(5)).toBe(false);
    stayAwake(5);
    expect(turnsAfter(4)).toBe(true);
    expect(turnsAfter(1)).toBe(false);
  });
});
