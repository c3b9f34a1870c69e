// A trace sees each frame, in both directions, and changes none.

import { encode, type Frame } from "@muxado/frame";
import { describe, expect, it, type Mock, vi } from "vitest";
import { systemClock } from "../base/clock.ts";
import { muxado } from "../muxado-wire.ts";
import { Outbound } from "../sending/outbound.ts";
import { type Trace, type TracedFrame, tracedHandler } from "./trace.ts";
import { DataFlag, type WireDecoder, type WireHandler } from "./wire.ts";
import { TransportBudget } from "../sending/transport-budget.ts";

function tracedDecoder(inner: WireHandler, trace: Trace, isOver = () => false): WireDecoder {
  return muxado.createDecoder(tracedHandler(inner, trace, isOver));
}

function handler(): { [Method in keyof WireHandler]: Mock<(...args: unknown[]) => void> } {
  const method = (): Mock<(...args: unknown[]) => void> => vi.fn();
  return {
    onData: method(),
    onDataRest: method(),
    onAcknowledged: method(),
    onReset: method(),
    onIncrement: method(),
    onGoAway: method(),
    onPing: method(),
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
  const decoder = tracedDecoder(inner, (frame) => traced.push(frame));
  for (const frame of frames) decoder.push(encode(frame));
  return { traced, calls };
}

describe("a frame that arrives", () => {
  it("is seen before the session acts on it", () => {
    const { traced, calls } = decode(
      { type: "data", streamId: 3, syn: true, fin: true, body: new Uint8Array(5) },
      { type: "reset", streamId: 5, errorCode: 7 },
      { type: "increment", streamId: 7, increment: 9 },
      { type: "goAway", lastStreamId: 11, errorCode: 13, debug: new Uint8Array(2) },
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
    const decoder = tracedDecoder(inner, (frame) => traced.push(frame));
    const bytes = encode({
      type: "data",
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
    tracedDecoder(inner, trace).push(new TextEncoder().encode("GET / HTTP/1.1"));
    expect(trace).not.toHaveBeenCalled();
    expect(inner.onInvalid).toHaveBeenCalledOnce();
  });

  it("is not acted on if the trace has ended the session", () => {
    const inner = handler();
    const frames: Frame[] = [
      { type: "data", streamId: 3, syn: true, fin: false, body: new Uint8Array(5) },
      { type: "reset", streamId: 5, errorCode: 7 },
      { type: "increment", streamId: 7, increment: 9 },
      { type: "goAway", lastStreamId: 11, errorCode: 13, debug: new Uint8Array(2) },
    ];
    for (const frame of frames)
      tracedDecoder(
        inner,
        () => {},
        () => true,
      ).push(encode(frame));
    for (const method of Object.values(inner)) expect(method).not.toHaveBeenCalled();
  });
});

describe("a frame that leaves", () => {
  const debug = new Uint8Array(2);
  const frames: [string, (outbound: Outbound) => void, object][] = [
    [
      "DATA",
      (outbound) => outbound.putData(3, DataFlag.SYN, new Uint8Array(10), 0, 10),
      { kind: "data", streamId: 3, syn: true, fin: false, length: 10 },
    ],
    [
      "an increment",
      (outbound) => outbound.putIncrement(3, 10),
      { kind: "increment", streamId: 3, increment: 10 },
    ],
    [
      "a reset",
      (outbound) => outbound.putReset(3, 10),
      { kind: "reset", streamId: 3, errorCode: 10 },
    ],
    [
      "GOAWAY",
      (outbound) => outbound.putGoAway(3, 10, debug, false),
      { kind: "goAway", lastStreamId: 3, errorCode: 10, debug },
    ],
  ];

  /** The bytes that leave, with or without a trace. */
  function sent(
    puts: (outbound: Outbound) => void,
    trace?: (outbound: Outbound) => Trace,
  ): number[] {
    const bytes: number[] = [];
    const write = (chunks: Uint8Array[]): void => chunks.forEach((chunk) => bytes.push(...chunk));
    const transport = { start() {}, write, end() {}, destroy() {} };
    const outbound: Outbound = new Outbound(
      transport,
      muxado,
      new TransportBudget(systemClock, 256 * 1024, true),
      () => {},
      () => false,
      trace && ((frame) => trace(outbound)(frame)),
    );
    puts(outbound);
    outbound.flush();
    return bytes;
  }

  it.each(frames)("%s is seen, and encoded as without a trace", (_, put, seen) => {
    const traced: TracedFrame[] = [];
    expect(sent(put, () => (frame) => traced.push(frame))).toEqual(sent(put));
    expect(traced).toEqual([{ direction: "out", ...seen }]);
  });

  it.each(frames)("%s is whole before the trace commands another", (_, put) => {
    let commanded = false;
    const both = sent(put, (outbound) => () => {
      if (commanded) return;
      commanded = true;
      outbound.putReset(5, 6);
    });
    const other = sent((outbound) => outbound.putReset(5, 6));
    expect(both).toEqual([...sent(put), ...other]);
  });
});
