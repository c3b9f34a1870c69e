import { Duplex } from "node:stream";
import { attach, type BusyPollOptions, connect } from "@muxado/node";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { ask, echo, ending, HOST as host, serve } from "../test/peers.ts";
import { leaveNothingOpen } from "../test/resources.ts";
import { BusyPoll, busyPoll } from "./busy-poll.ts";

describe("busy polling", () => {
  /** Returns a poll that has been told to continue for 5 milliseconds, and an event loop for it. */
  function polling(): { poll: BusyPoll; turnsAfter: (milliseconds: number) => boolean } {
    let now = 1_000;
    const due: (() => void)[] = [];
    const poll = new BusyPoll(
      () => now,
      (callback) => due.push(callback),
    );
    poll.extend(5);
    return {
      poll,
      /**
       * Moves the time by this many milliseconds. Returns whether the event loop would turn once more without input.
       */
      turnsAfter(milliseconds) {
        now += milliseconds;
        for (const callback of due.splice(0)) callback();
        expect(due.length).toBe(poll.isOn ? 1 : 0);
        return poll.isOn;
      },
    };
  }

  test("goes on for as long as it was told", () => {
    const { turnsAfter } = polling();
    expect(turnsAfter(0)).toBe(true);
    expect(turnsAfter(4)).toBe(true);
    expect(turnsAfter(1)).toBe(false);
  });

  test("goes on for as long from the last time that it was told", () => {
    const { poll, turnsAfter } = polling();
    expect(turnsAfter(4)).toBe(true);
    poll.extend(5);
    expect(turnsAfter(4)).toBe(true);
    expect(turnsAfter(1)).toBe(false);
  });

  test("goes on for the longest that it was told", () => {
    const { poll, turnsAfter } = polling();
    poll.extend(2);
    expect(turnsAfter(4)).toBe(true);
    expect(turnsAfter(1)).toBe(false);
  });

  test("begins anew when it is over", () => {
    const { poll, turnsAfter } = polling();
    expect(turnsAfter(5)).toBe(false);
    poll.extend(5);
    expect(turnsAfter(4)).toBe(true);
    expect(turnsAfter(1)).toBe(false);
  });

  test("stops when it has to, however long it was told to continue", () => {
    const { poll, turnsAfter } = polling();
    poll.extend(Infinity);
    expect(turnsAfter(1_000_000)).toBe(true);
    poll.stop();
    expect(turnsAfter(0)).toBe(false);
    poll.extend(5);
    expect(turnsAfter(4)).toBe(true);
  });
});

describe("a session", () => {
  leaveNothingOpen();

  /** Waits until no session of another test polls any more. */
  async function off(): Promise<void> {
    await vi.waitFor(() => expect(busyPoll.isOn).toBe(false));
  }

  function overNothing(options: BusyPollOptions): [transport: Duplex, open: () => Promise<void>] {
    const transport = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    onTestFinished(() => void transport.destroy());
    const session = ending(attach(transport, { role: "client", ...options }));
    return [transport, () => session.open().write(new Uint8Array(1))];
  }

  test.each([
    [{ busyPoll: Infinity }, true],
    [{}, false],
  ])("polls when something has come, with %j: %j", async (options, does) => {
    await off();
    const [transport] = overNothing(options);
    const come = vi.fn();
    transport.on("data", come).push(Buffer.alloc(1));
    await vi.waitFor(() => expect(come).toHaveBeenCalled());
    expect(busyPoll.isOn).toBe(does);
  });

  test.each([
    [{ busyPoll: Infinity }, true],
    [{}, false],
  ])("polls when something has left, with %j: %j", async (options, does) => {
    await off();
    const [, open] = overNothing(options);
    await open();
    await new Promise((next) => setImmediate(next));
    expect(busyPoll.isOn).toBe(does);
  });

  test.each<[which: string, client: BusyPollOptions, server: BusyPollOptions]>([
    ["client", { busyPoll: Infinity }, {}],
    ["server", {}, { busyPoll: Infinity }],
  ])("of a %s polls until it ends", async (_, ofClient, ofServer) => {
    await off();
    const { server, port } = await serve(ofServer, echo);
    const session = await connect({ host, port, ...ofClient });
    expect(await ask(session, "hello")).toBe("hello");
    expect(busyPoll.isOn).toBe(true);
    await session.close();
    await server.close();
    await off();
  });
});
