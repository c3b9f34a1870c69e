// Recording reads the output of a recorder. It refuses other bytes and reports where they begin.

import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { MuxadoError } from "../base/errors.ts";
import { muxado } from "../muxado-wire.ts";
import type { Transport, TransportInput } from "../seams/transport.ts";
import { RecordingError } from "./format.ts";
import { Recorder, type RecorderOptions } from "./recorder.ts";
import { Recording, type RecordingEntry } from "./recording.ts";

/** An action of one of the two sides of a recorder, and the delay since the action before. */
type Doing =
  | { kind: "in" | "out"; chunks: Uint8Array<ArrayBuffer>[] }
  | { kind: "failed"; error: string }
  | { kind: "written" | "ended" | "end" | "destroy" };
type Event = Doing & { delay: number; turn: boolean };

const chunk = fc.uint8Array({ maxLength: 300 });
const doing: fc.Arbitrary<Doing> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("in" as const, "out" as const),
    chunks: fc.array(chunk, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constantFrom("written" as const, "end" as const) }),
);
/** Actions at the end: a transport and a session do each once. */
const ending: fc.Arbitrary<Doing> = fc.oneof(
  fc.record({ kind: fc.constantFrom("ended" as const, "destroy" as const) }),
  fc.record({ kind: fc.constant("failed" as const), error: fc.string({ unit: "grapheme" }) }),
);
/** Microseconds: mostly few, sometimes years. */
const delay = fc.oneof(
  { weight: 9, arbitrary: fc.nat(5000) },
  { weight: 1, arbitrary: fc.nat(2 ** 47) },
);
const timed = (what: fc.Arbitrary<Doing>): fc.Arbitrary<Event> =>
  fc.tuple(what, delay, fc.boolean()).map(([one, delay, turn]) => ({ ...one, delay, turn }));
const events = fc
  .tuple(fc.array(timed(doing), { maxLength: 30 }), fc.array(timed(ending), { maxLength: 1 }))
  .map((both) => both.flat());

/** The two sides of a recorder, and its clock. */
function sides(options?: RecorderOptions, role: "client" | "server" = "client", start = 0) {
  const recorder = new Recorder(options);
  const seen: unknown[] = [];
  let outer!: TransportInput;
  const inner: Transport = {
    start: (input) => void (outer = input),
    write: (chunks) => void seen.push(chunks),
    end: (error) => void seen.push(`end ${error?.code}`),
    destroy: () => void seen.push("destroy"),
  };
  const time = { microseconds: start };
  const clock = { now: () => time.microseconds / 1000, setTimer: () => ({ cancel() {} }) };
  const transport = recorder.record(inner, { role, wire: muxado, clock });
  transport.start({
    receive: (bytes) => seen.push(bytes) > 0,
    written: () => void seen.push("written"),
    ended: (error) => void seen.push(error ?? "ended"),
  });
  return { recorder, seen, transport, input: outer, time };
}

function perform(one: Doing, transport: Transport, input: TransportInput): void {
  if (one.kind === "in") for (const piece of one.chunks) input.receive(piece);
  else if (one.kind === "out") transport.write(one.chunks);
  else if (one.kind === "written") input.written();
  else if (one.kind === "ended") input.ended();
  else if (one.kind === "failed") input.ended(new Error(one.error));
  else if (one.kind === "end") transport.end();
  else transport.destroy();
}

async function recorded(events: Event[], start = 0): Promise<Uint8Array> {
  const { recorder, transport, input, time } = sides({}, "server", start);
  for (const one of events) {
    time.microseconds += one.delay;
    if (one.turn) await Promise.resolve();
    perform(one, transport, input);
  }
  return recorder.bytes();
}

/** The entries that the events must give. */
function entriesOf(events: Event[]): object[] {
  let microseconds = 0;
  return events.flatMap((one, index) => {
    microseconds += one.delay;
    const head = { time: microseconds / 1000, turn: one.turn || index === 0, kind: one.kind };
    if (one.kind === "out")
      return [{ ...head, bytes: Uint8Array.from(one.chunks.flatMap((c) => [...c])) }];
    if (one.kind === "failed") return [{ ...head, error: one.error }];
    if (one.kind !== "in") return [head];
    return one.chunks.map((bytes, at) => ({
      ...head,
      bytes,
      slack: slackOf(bytes),
      turn: head.turn && at === 0,
    }));
  });
}

function slackOf(chunk: Uint8Array): number {
  return Math.min(chunk.buffer.byteLength - chunk.length, chunk.length + 1);
}

/** All entries before the first broken one, and the error of that one. */
function read(bytes: Uint8Array): { entries: RecordingEntry[]; error: unknown } {
  const entries: RecordingEntry[] = [];
  try {
    for (const entry of new Recording(bytes)) entries.push(entry);
  } catch (error) {
    return { entries, error };
  }
  return { entries, error: undefined };
}

describe("a recording", () => {
  it("a recording contains all events in order, with their times and turns", async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.nat(2 ** 40), async (events, start) => {
        const recording = new Recording(await recorded(events, start));
        expect(recording.start).toBe(start / 1000);
        const entries = [...recording];
        const expected = entriesOf(events) as RecordingEntry[];
        const timeless = (entry: RecordingEntry): object => ({ ...entry, time: undefined });
        expect(entries.map(timeless)).toEqual(expected.map(timeless));
        // The error of binary fractions of milliseconds, for times of years.
        for (const [index, { time }] of entries.entries()) {
          expect(Math.abs(time - expected[index]!.time)).toBeLessThan(0.002);
        }
      }),
    );
  });

  it("a recording has the role, the wire and the note of its session", () => {
    const { recorder } = sides({ note: "seed 7, ärger" }, "server", 12_345);
    const { role, wire, note, start } = new Recording(recorder.bytes());
    expect({ role, wire, note, start }).toEqual({
      role: "server",
      wire: "muxado",
      note: "seed 7, ärger",
      start: 12.345,
    });
  });

  it("is small: four bytes around a chunk of some hundred, two for a confirmation", () => {
    const { recorder, transport, input, time } = sides();
    const header = recorder.bytes().length;
    time.microseconds += 900;
    transport.write([new Uint8Array(200)]);
    expect(recorder.bytes().length).toBe(header + 204);
    input.written();
    expect(recorder.bytes().length).toBe(header + 205);
  });

  it("a recording has exactly the bytes of the format", () => {
    const { recorder, transport, input, time } = sides({ note: "hi" }, "client", 300);
    transport.write([Uint8Array.of(0xa0), Uint8Array.of(0xa1)]);
    time.microseconds += 20;
    input.receive(Uint8Array.of(0xb0));
    input.ended(new Error("cut"));
    expect(Buffer.from(recorder.bytes()).toString("latin1")).toBe(
      "muxrec\x01\x00\xac\x02\x06muxado\x02hi" +
        "\x09\x02\xa0\xa1" +
        "\xc0\x02\x01\x00\xb0" +
        "\x04\x03cut",
    );
  });
});

describe("a recorder", () => {
  it("a recorder passes on the same arrays, and keeps none of them", () => {
    const { recorder, transport, input, seen } = sides();
    const [there, back] = [[Uint8Array.of(1), Uint8Array.of(2)], Uint8Array.of(3)];
    const error = new Error("cut");
    transport.write(there);
    input.written();
    input.receive(back);
    input.ended(error);
    transport.end(new MuxadoError({ code: "PROTOCOL_ERROR", scope: "session", origin: "remote" }));
    transport.destroy();
    expect(seen).toEqual([there, "written", back, error, "end PROTOCOL_ERROR", "destroy"]);
    expect(seen[0]).toBe(there);
    expect(seen[2]).toBe(back);
    const before = recorder.bytes();
    there[0]![0] = back[0] = 99;
    expect(recorder.bytes()).toEqual(before);
  });

  it("gives its sink the same recording, as it comes", () => {
    const pieces: Uint8Array[] = [];
    const streamed = sides({ sink: (piece) => pieces.push(piece) });
    const held = sides();
    for (const [index, { transport, input }] of [streamed, held].entries()) {
      transport.write([Uint8Array.of(1), new Uint8Array(70_000)]);
      if (index === 0) expect(pieces.length).toBe(2);
      input.receive(Uint8Array.of(4));
    }
    expect(Buffer.concat(pieces).equals(held.recorder.bytes())).toBe(true);
    expect(() => streamed.recorder.bytes()).toThrow(TypeError);
  });

  it("lets nothing that its sink throws into the session", async () => {
    const uncaught: unknown[] = [];
    const queue = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((task) => {
      void Promise.resolve()
        .then(task)
        .catch((error: unknown) => uncaught.push(error));
    });
    onTestFinished(() => queue.mockRestore());
    const { transport, input, seen } = sides({
      sink: () => {
        throw new Error("disk full");
      },
    });
    transport.write([Uint8Array.of(1)]);
    input.written();
    await new Promise(setImmediate);
    expect(seen).toEqual([[Uint8Array.of(1)], "written"]);
    expect(uncaught.map(String)).toEqual(Array(3).fill("Error: disk full"));
  });

  it.each([
    [0, 0],
    [5, 5],
    [11, 11],
    [12, 11],
    [70_000, 11],
  ])("says by how much the memory of a chunk of 10 is longer: %i is %i", (spare, slack) => {
    const { recorder, input, seen } = sides();
    const chunk = new Uint8Array(10 + spare).subarray(spare).fill(7);
    input.receive(chunk);
    expect(seen[0]).toBe(chunk);
    const [entry] = new Recording(recorder.bytes());
    expect(entry).toMatchObject({ kind: "in", bytes: Uint8Array.from(chunk), slack });
  });

  it("takes one session", () => {
    const { recorder, transport } = sides();
    const session = {
      role: "client",
      wire: muxado,
      clock: { now: () => 0, setTimer: vi.fn() },
    } as const;
    expect(() => recorder.record(transport, session)).toThrow(TypeError);
    expect(new Recorder().bytes()).toEqual(new Uint8Array(0));
  });

  it("a recording has each end once, even if it is reported several times", () => {
    const { recorder, transport, input, seen } = sides();
    for (let times = 0; times < 2; times++) {
      input.ended();
      transport.destroy();
    }
    input.ended("late");
    expect([...new Recording(recorder.bytes())].map(({ kind }) => kind)).toEqual([
      "ended",
      "destroy",
    ]);
    expect(seen).toEqual(["ended", "destroy", "ended", "destroy", "late"]);
  });

  it("is not confused by a clock that goes back, or begins below zero", () => {
    const { recorder, input, time } = sides({}, "client", -500);
    time.microseconds = -2000;
    input.written();
    time.microseconds = 0;
    input.written();
    const recording = new Recording(recorder.bytes());
    expect(recording.start).toBe(0);
    expect([...recording].map((entry) => entry.time)).toEqual([0, 0.5]);
  });
});

describe("a file that is cut short", () => {
  it("an incomplete file gives all complete entries, then a RecordingError; the bytes before its offset are a recording", async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.nat(), async (events, at) => {
        const whole = await recorded(events);
        const all = read(whole).entries;
        const cut = whole.subarray(0, at % whole.length);
        const { entries, error } = read(cut);
        expect(entries).toEqual(all.slice(0, entries.length));
        if (error === undefined) return;
        expect(error).toBeInstanceOf(RecordingError);
        const { offset } = error as RecordingError;
        expect(offset).toBeLessThanOrEqual(cut.length);
        if (offset > 0)
          expect(read(cut.subarray(0, offset))).toEqual({ entries, error: undefined });
      }),
    );
  });
});

describe("a file that is broken", () => {
  it("gives entries or a RecordingError, and nothing else", async () => {
    const noise = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(events, noise, async (events, noise) => {
        const bytes = await recorded(events);
        for (const [at, value] of noise) bytes[at % bytes.length] = value;
        const { error } = read(bytes);
        if (error !== undefined) expect(error).toBeInstanceOf(RecordingError);
      }),
    );
  });

  const header = "muxrec\x01\x00\x00\x00\x00";
  it.each([
    ["", "this is not a recording of a muxado session (at byte 0)"],
    ["mux", "the recording is not complete: 5 bytes should follow, but only 0 do (at byte 0)"],
    ["GET / HTTP/1.1", "this is not a recording of a muxado session (at byte 0)"],
    ["muxrec\x02\x00", "this recording has version 2, but only version 1 is known (at byte 0)"],
    ["muxrec\x01\x02", "role 2 does not exist (at byte 0)"],
    [`${header}\x00\x01\x03a`, "a chunk of 1 bytes cannot have a slack of 3 (at byte 11)"],
    [`${header}\x07`, "entry kind 7 does not exist (at byte 11)"],
    [
      `${header}\x02\x00\x05\x00abcd`,
      "the recording is not complete: 5 bytes should follow, but only 4 do (at byte 12)",
    ],
    [
      `${header}\x80`,
      "the recording is not complete: 1 bytes should follow, but only 0 do (at byte 11)",
    ],
    [`${header}${"\xff".repeat(7)}\x7f`, "a number is too large (at byte 11)"],
    [`${header}${"\x80".repeat(20)}`, "a number is too long (at byte 11)"],
  ])("the error names the fault and its place: %j", (text, message) => {
    const { error } = read(Buffer.from(text, "latin1"));
    expect(error).toBeInstanceOf(RecordingError);
    expect((error as Error).message).toBe(message);
  });

  it("may hold the largest number that is safe", () => {
    const number = "\xff\xff\xff\xff\xff\xff\xff\x0f";
    const recording = new Recording(Buffer.from(`muxrec\x01\x00${number}\x00\x00`, "latin1"));
    expect(recording.start).toBe(Number.MAX_SAFE_INTEGER / 1000);
  });
});
