// The memory of a session is the memory of its streams, to the byte, in all situations. It is 0 after the end.

import type { Stream } from "@muxado/core";
import {
  bytes,
  data,
  fin,
  goAway,
  hop,
  Random,
  type RawPeer,
  rawPeer,
  reset,
  syn,
  synFin,
  increment,
} from "@muxado/testkit";
import { describe, expect, it } from "vitest";
import type { Session as InternalSession } from "../src/session.ts";
import type { Stream as InternalStream } from "../src/stream.ts";

const KIB = 1024;

/** The most that the writes of one stream count for, in bytes. */
const MOST_CHARGED = 64 * 1024;

/** `MUXADO_SEED`, or a number that differs from run to run. Every failure names its own seed. */
const firstSeed = Number(process.env["MUXADO_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
/** `MUXADO_RUNS`, or a number that takes about half a second. */
const SCHEDULES = Number(process.env["MUXADO_RUNS"] ?? 60);
const STEPS = 150;

/** The waiting writes of one stream, as the application counts them. */
class Writes {
  readonly #stream: InternalStream;
  /** The unsent bytes of each write, in order. */
  readonly #waiting: { left: number; readonly signal: AbortSignal | undefined }[] = [];
  /** Bytes of the stream that have left and are counted. */
  #sent = 0;

  constructor(stream: Stream) {
    this.#stream = stream as InternalStream;
  }

  write(length: number, signal?: AbortSignal): void {
    const isTaken = this.#stream.sending.refusal === undefined;
    quietly(this.#stream.write(bytes(length), { signal }));
    if (isTaken) this.#waiting.push({ left: length, signal });
  }

  offer(length: number): void {
    this.catchUp();
    attempt(() => {
      this.#sent += this.#stream.offer(bytes(length));
    });
  }

  abort(controller: AbortController): void {
    this.catchUp();
    controller.abort();
    const at = this.#waiting.findIndex(({ signal }) => signal === controller.signal);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** The bytes that have left are the oldest waiting ones. */
  catchUp(): void {
    const { bytesSent } = this.#stream.stats();
    while (this.#sent < bytesSent) {
      const oldest = this.#waiting[0]!;
      const length = Math.min(oldest.left, bytesSent - this.#sent);
      this.#sent += length;
      oldest.left -= length;
      if (oldest.left === 0) this.#waiting.shift();
    }
  }

  /** The bytes that the writes count for. */
  get charge(): number {
    this.catchUp();
    if (this.#stream.isOver) return 0;
    return Math.min(
      MOST_CHARGED,
      this.#waiting.reduce((sum, { left }) => sum + left, 0),
    );
  }
}

/** One schedule of commands and frames, drawn from its seed. */
class Schedule {
  readonly peer: RawPeer;
  readonly #random: Random;
  readonly #streams: Stream[] = [];
  readonly #writes: Map<Stream, Writes> = new Map();
  readonly #controllers: [AbortController, Writes][] = [];
  #nextId = 3;

  constructor(seed: number) {
    const random = new Random(seed);
    this.#random = random;
    this.peer = rawPeer({
      memoryBudget: random.pick([2 * KIB, 300 * KIB, Infinity]),
      windowSize: random.pick([undefined, 8 * KIB]),
      transportBudget: random.pick([1, 16 * KIB, undefined]),
      writeTimeout: 1000,
      streamCloseTimeout: 1000,
      acceptTimeout: 1000,
    });
  }

  /** The memory that the session reports, the memory that its streams hold, and their unread bytes. */
  accounts(): { said: number[]; held: number[]; unread: number } {
    const { session } = this.peer;
    const { memoryUnread, memoryUnsent } = session.stats();
    const live = (session as InternalSession).table.all();
    const held = live.reduce((sum, { receiving }) => sum + receiving.memory, 0);
    const unread = live.reduce((sum, stream) => sum + stream.stats().bytesUnread, 0);
    const unsent = [...this.#writes.values()].reduce((sum, { charge }) => sum + charge, 0);
    return { said: [memoryUnread, memoryUnsent], held: [held, unsent], unread };
  }

  /** Does one thing, and returns its name. */
  async step(): Promise<string> {
    const [name, action] = this.#random.pick(Object.entries(this.#actions));
    await action();
    return name;
  }

  readonly #actions: Record<string, () => void | Promise<unknown>> = {
    "a stream comes": () => this.peer.send(syn(this.#newId(), this.#size())),
    "a stream comes and is half-closed": () => this.peer.send(synFin(this.#newId(), this.#size())),
    "it is accepted": async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const accepting = this.peer.session.accept({ signal }).then((stream) => this.#add(stream));
      // It waits if there is no stream, or while too many others have unread bytes.
      await Promise.race([accepting, hop(4)]);
      controller.abort();
      await accepting.catch(() => undefined);
    },
    "one is opened": () => this.#add(this.peer.session.open()),
    "data comes": () => this.peer.send(data(this.#id(), this.#size())),
    "data comes again": () => this.peer.send(data(this.#id(), this.#size())),
    "data comes byte by byte": () => {
      const id = this.#id();
      for (let count = 0; count < 30; count++) this.peer.send(data(id, 1));
    },
    "FIN comes": () => this.peer.send(fin(this.#id(), this.#size())),
    "a reset comes": () => this.peer.send(reset(this.#id(), "STREAM_CANCELLED")),
    "credit comes": () => this.peer.send(increment(this.#id(), this.#random.between(1, 100 * KIB))),
    "a piece is taken": () => attempt(() => this.#stream()?.take()),
    "some bytes are taken": () =>
      attempt(() => this.#stream()?.take(this.#random.between(1, 3 * KIB))),
    "a read waits": () => quietly(this.#stream()?.read()),
    "a read waits and is aborted": () => {
      const controller = new AbortController();
      quietly(this.#stream()?.read({ signal: controller.signal }));
      controller.abort();
    },
    "bytes are written": () => this.#writer()?.write(this.#size()),
    "more is written than there is credit": () => this.#writer()?.write(256 * KIB + this.#size()),
    "bytes are written with a signal": () => {
      const controller = new AbortController();
      const writer = this.#writer();
      if (writer === undefined) return;
      this.#controllers.push([controller, writer]);
      writer.write(this.#size(), controller.signal);
    },
    "a write is aborted": () => {
      const at = this.#random.below(Math.max(1, this.#controllers.length));
      for (const [controller, writer] of this.#controllers.splice(at, 1)) writer.abort(controller);
    },
    "bytes are offered": () => this.#writer()?.offer(this.#size()),
    "it is half-closed": () => quietly(this.#stream()?.closeWrite()),
    "it is closed": () => quietly(this.#stream()?.close()),
    "it is reset": () => this.#stream()?.reset(),
    "it is refused": () => this.#stream()?.refuse(),
    "its priority changes": () => {
      const stream = this.#stream();
      if (stream !== undefined) stream.priority = { urgency: this.#random.below(8) };
    },
    "the transport is stuck": () => this.peer.holdWrites(),
    "the transport goes on": () => this.peer.releaseWrites(),
    "output leaves": () => void this.peer.take(),
    "time passes": () => this.peer.advance(this.#random.pick([10, 400, 1000])),
  };

  #newId(): number {
    this.#nextId += 2;
    return this.#nextId - 2;
  }

  #add(stream: Stream): void {
    this.#streams.push(stream);
    this.#writes.set(stream, new Writes(stream));
  }

  #writer(): Writes | undefined {
    const stream = this.#stream();
    return stream && this.#writes.get(stream);
  }

  /** Mostly an existing stream. */
  #id(): number {
    if (this.#random.oneIn(3)) return this.#stream()?.id ?? 3;
    return 3 + 2 * this.#random.below(Math.max(1, (this.#nextId - 1) / 2));
  }

  /** Mostly one of the latest streams. */
  #stream(): Stream | undefined {
    const latest = this.#random.oneIn(4) ? this.#streams : this.#streams.slice(-4);
    return latest[this.#random.below(Math.max(1, latest.length))];
  }

  #size(): number {
    return this.#random.pick([1, 10, 200, KIB, 5 * KIB, 64 * KIB, 100 * KIB]);
  }
}

function attempt(action: () => unknown): void {
  try {
    action();
  } catch {
    // The stream has failed, or was closed. Only the accounts matter here.
  }
}

function quietly(promise: Promise<unknown> | undefined): void {
  promise?.catch(() => undefined);
}

describe.each(Array.from({ length: SCHEDULES }, (_, index) => firstSeed + index))(
  "with the seed %i",
  (seed) => {
    it("the memory of a session is that of its streams after each step, and none at the end", async () => {
      const schedule = new Schedule(seed);
      const { peer } = schedule;
      const steps: string[] = [];
      for (let count = 0; count < STEPS; count++) {
        steps.push(await schedule.step());
        const { said, held, unread } = schedule.accounts();
        expect(said, `after ${steps.join("; ")}`).toEqual(held);
        expect(said[0]).toBeGreaterThanOrEqual(unread);
      }
      const random = new Random(seed);
      peer.releaseWrites();
      random.pick([
        () => peer.end(),
        () => peer.session.destroy(),
        () => peer.send(goAway(0, "INTERNAL_ERROR")),
        () => void peer.session.close({ timeout: 100 }),
      ])();
      await peer.advance(60_000);
      peer.end();
      await peer.session.closed;
      expect(schedule.accounts().said, `after ${steps.join("; ")}`).toEqual([0, 0]);
      expect(peer.clock.timers).toEqual([]);
    });
  },
);
