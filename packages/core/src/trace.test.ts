// A trace sees each frame, both ways, and changes none.

import { encode, type Frame } from "@muxado/frame";
import { describe, expect, it, type Mock, vi } from "vitest";
import { muxado } from "./muxado-wire.ts";
import { type TracedFrame, tracedWire } from "./trace.ts";
import { DataFlag, type WireHandler } from "./wire.ts";

function handler(): { [Method in keyof WireHandler]: Mock<(...args: unknown[]) => void> } {
  const method = (): Mock<(...args: unknown[]) => void> => vi.fn();
  return {
    onData: method(),
    onDataRest: method(),
    onReset: method(),
    onIncrement: method(),
    onGoAway: method(),
    onInvalid: method(),
  };
}

function decode(...frames: Frame[]): { traced: TracedFrame[]; calls: string[] } {
  const traced: TracedFrame[] = [];
  const calls: string[] = [];
  const inner = handler();
  for (const [name, method] of Object.entries(inner)) {
    method.mockImplementation(() => void calls.push(`${name} after ${traced.length}`));
  }
  const decoder = tracedWire(muxado, (frame) => traced.push(frame)).createDecoder(inner);
  for (const frame of frames) decoder.push(encode(frame));
  return { traced, calls };
}

describe("a frame that arrives", () => {
  it("is seen before the session acts on it", () => {
    const { traced, calls } = decode(
      { type: "DATA", streamId: 3, syn: true, fin: true, body: new Uint8Array(5) },
      { type: "RST", streamId: 5, errorCode: 7 },
      { type: "WNDINC", streamId: 7, increment: 9 },
      { type: "GOAWAY", lastStreamId: 11, errorCode: 13, debug: new Uint8Array(2) },
    );
    expect(traced).toEqual([
      { direction: "in", kind: "data", streamId: 3, syn: true, fin: true, length: 5 },
      { direction: "in", kind: "reset", streamId: 5, errorCode: 7 },
      { direction: "in", kind: "increment", streamId: 7, increment: 9 },
      {
        direction: "in",
        kind: "goAway",
        lastStreamId: 11,
        errorCode: 13,
        debug: new Uint8Array(2),
      },
    ]);
    expect(calls).toEqual([
      "onData after 1",
      "onReset after 2",
      "onIncrement after 3",
      "onGoAway after 4",
    ]);
  });

  it("in pieces is seen once, at its header", () => {
    const traced: TracedFrame[] = [];
    const inner = handler();
    const decoder = tracedWire(muxado, (frame) => traced.push(frame)).createDecoder(inner);
    const bytes = encode({
      type: "DATA",
      streamId: 3,
      syn: false,
      fin: false,
      body: new Uint8Array(6),
    });
    for (const byte of bytes) decoder.push(Uint8Array.of(byte));
    expect(traced).toEqual([
      { direction: "in", kind: "data", streamId: 3, syn: false, fin: false, length: 6 },
    ]);
    expect(inner.onDataRest).toHaveBeenCalledTimes(6);
  });

  it("and is invalid is none: the session hears of it all the same", () => {
    const trace = vi.fn();
    const inner = handler();
    tracedWire(muxado, trace).createDecoder(inner).push(new TextEncoder().encode("GET / HTTP/1.1"));
    expect(trace).not.toHaveBeenCalled();
    expect(inner.onInvalid).toHaveBeenCalledOnce();
  });
});

describe("a frame that leaves", () => {
  const debug = new Uint8Array(2);
  const frames: [string, (wire: typeof muxado, target: Uint8Array) => number, object][] = [
    [
      "DATA",
      (wire, target) => wire.putData(target, 1, 3, DataFlag.SYN, 10),
      { kind: "data", streamId: 3, syn: true, fin: false, length: 10 },
    ],
    [
      "an increment",
      (wire, target) => wire.putIncrement(target, 1, 3, 10),
      { kind: "increment", streamId: 3, increment: 10 },
    ],
    [
      "a reset",
      (wire, target) => wire.putReset(target, 1, 3, 10),
      { kind: "reset", streamId: 3, errorCode: 10 },
    ],
    [
      "GOAWAY",
      (wire, target) => wire.putGoAway(target, 1, 3, 10, debug, false),
      { kind: "goAway", lastStreamId: 3, errorCode: 10, debug },
    ],
  ];

  it.each(frames)("%s is seen, and encoded as without a trace", (_, put, seen) => {
    const traced: TracedFrame[] = [];
    const [plain, target] = [new Uint8Array(64), new Uint8Array(64)];
    const end = put(muxado, plain);
    expect(
      put(
        tracedWire(muxado, (frame) => traced.push(frame)),
        target,
      ),
    ).toBe(end);
    expect(target).toEqual(plain);
    expect(traced).toEqual([{ direction: "out", ...seen }]);
  });
});

it("a traced wire has the traits of the wire within", () => {
  const traits = Object.entries(muxado).filter(([, trait]) => typeof trait !== "function");
  expect(tracedWire(muxado, () => {})).toMatchObject(Object.fromEntries(traits));
});
