// The parts of these tests: a session that is watched, its peer, and a clock that can sleep. The peer has a session of
// its own, or a test plays it by hand.

import { type Clock, MuxadoError, type Timer } from "@muxado/core";
import { Heartbeat, type HeartbeatOptions } from "@muxado/heartbeat";
import {
  connectedPair,
  type Pair,
  type PairOptions,
  type RawPeer,
  rawPeer,
  stopCalendar,
} from "@muxado/testkit";
import { TypedSession } from "@muxado/typed";
import { afterEach, beforeEach, expect, vi } from "vitest";

// The calendar stands still, so that a slow machine does not look like one that has slept.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

// For every test file that imports this one.
stopCalendar();

/** The type of heartbeat streams, as it is on the wire. */
export const TYPE = Uint8Array.of(0xff, 0xff, 0xff, 0xff);

export const NOTHING = new Uint8Array(0);

/** A heartbeat, and what it has reported. */
export class Watch {
  readonly heartbeat: Heartbeat;
  readonly roundTrips: number[] = [];
  readonly failures: MuxadoError[] = [];

  constructor(session: TypedSession, options: HeartbeatOptions) {
    this.heartbeat = new Heartbeat(session, {
      onBeat: (roundTrip) => this.roundTrips.push(roundTrip),
      onFailure: (error) => this.failures.push(error),
      ...options,
    });
  }
}

/** Two typed sessions over a simulated link, in virtual time. */
export function typedPair(options: PairOptions = {}): {
  pair: Pair;
  client: TypedSession;
  server: TypedSession;
} {
  const pair = connectedPair(options);
  const { clock } = pair;
  const client = new TypedSession(pair.client, { clock });
  const server = new TypedSession(pair.server, { clock });
  return { pair, client, server };
}

/** A clock whose machine can sleep: time moves on, timers do not fire. */
export class SleepyClock implements Clock {
  readonly #clock: Clock;
  #slept = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.#slept;
  }

  setTimer(callback: () => void, delay: number): Timer {
    return this.#clock.setTimer(callback, delay);
  }

  sleep(ms: number): void {
    this.#slept += ms;
  }
}

/** A watched session whose peer a test plays by hand. The session is the client: its first stream is 3. */
export class ByHand {
  readonly peer: RawPeer = rawPeer({ role: "client" });
  readonly clock: SleepyClock = new SleepyClock(this.peer.clock);
  readonly session: TypedSession;
  readonly watch: Watch;
  readonly heartbeat: Heartbeat;

  constructor(options: HeartbeatOptions = {}) {
    this.session = new TypedSession(this.peer.session, { clock: this.peer.clock });
    this.watch = new Watch(this.session, { clock: this.clock, ...options });
    this.heartbeat = this.watch.heartbeat;
  }

  /** Returns the beats that have come since the last call, and drops everything else that has come. */
  takeBeats(): Uint8Array[] {
    const beats: Uint8Array[] = [];
    for (const frame of this.peer.take()) {
      if (frame.type === "data" && !frame.syn && frame.body.length > 0) beats.push(frame.body);
    }
    return beats;
  }

  /** Returns the one beat that has come since the last call. */
  takeBeat(): Uint8Array {
    const beats = this.takeBeats();
    expect(beats).toHaveLength(1);
    return beats[0]!;
  }

  /** Sends bytes on the session's heartbeat stream. */
  async echo(body: Uint8Array, streamId = 3): Promise<void> {
    this.peer.send({ type: "data", streamId, syn: false, fin: false, body });
    await this.peer.settle();
  }

  /** Sends a sign of life that is no echo: a stream of type 0. */
  async sendOther(streamId: number): Promise<void> {
    const body = Uint8Array.of(0, 0, 0, 0);
    this.peer.send({ type: "data", streamId, syn: true, fin: false, body });
    await this.peer.settle();
  }
}

/** Returns the error that `promise` rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<MuxadoError> {
  const error: unknown = await promise.then(
    (value) => expect.fail(`resolved with ${String(value)}`),
    (reason: unknown) => reason,
  );
  if (!MuxadoError.is(error)) throw error;
  return error;
}

/** Stays false as long as `promise` waits. */
export function settledBy(promise: Promise<unknown>): { readonly settled: boolean } {
  const state = { settled: false };
  const settle = (): void => void (state.settled = true);
  promise.then(settle, settle);
  return state;
}
