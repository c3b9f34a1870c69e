// The codecs alone, without sessions and in this process: the cost of one DATA frame of 64 bytes.

import * as muxado from "@muxado/frame";
import * as yamux from "@muxado/yamux";
import type { Measure, Measurement } from "./measurement.ts";
import { MESSAGE_LENGTH, request } from "./payload.ts";

/** One direction of a codec. It handles {@link FRAMES} frames and returns the sum of their body lengths in bytes. */
type Pass = () => number;

interface Codec {
  readonly encode: Pass;
  readonly decode: Pass;
}

/** Number of frames that fit into a read of 64 KiB. */
const FRAMES = 800;

/** Any stream id works, since small ids are as fast as large ones. */
const STREAM = 4001;

/** The codecs, by the name of the peer that uses them. */
const codecs: Record<string, () => Codec> = {
  muxado: () => {
    const nothing = (): void => {};
    const counter = new BodyCounter();
    const decoder = new muxado.PushDecoder({
      onData: (id, _flags, _length, _chunk, start, end) => counter.add(id, end - start),
      onDataRest: nothing,
      onReset: nothing,
      onIncrement: nothing,
      onGoAway: nothing,
      onInvalid: fail,
    });
    return codec(muxado.HEADER_LENGTH, muxado.putData, counter, (chunk) => decoder.push(chunk));
  },

  yamux: () => {
    const nothing = (): void => {};
    const counter = new BodyCounter();
    const decoder = new yamux.PushDecoder({
      onData: (id, _flags, _length, _chunk, start, end) => counter.add(id, end - start),
      onDataRest: nothing,
      onWindowUpdate: nothing,
      onPing: nothing,
      onGoAway: nothing,
      onInvalid: fail,
    });
    return codec(yamux.HEADER_LENGTH, yamux.putData, counter, (chunk) => decoder.push(chunk));
  },
};

type PutData = typeof muxado.putData;

function codec(
  headerLength: number,
  putData: PutData,
  counter: BodyCounter,
  push: (chunk: Uint8Array) => void,
): Codec {
  const body = request(1);
  const arena = new Uint8Array(FRAMES * (headerLength + MESSAGE_LENGTH));
  const encode: Pass = () => {
    let at = 0;
    for (let frame = 0; frame < FRAMES; frame++) {
      at = putData(arena, at, STREAM, 0, MESSAGE_LENGTH);
      arena.set(body, at);
      at += MESSAGE_LENGTH;
    }
    return at - FRAMES * headerLength;
  };
  encode();
  return {
    encode,
    decode() {
      counter.bytes = 0;
      push(arena);
      return counter.bytes;
    },
  };
}

class BodyCounter {
  bytes = 0;

  add(id: number, length: number): void {
    if (id !== STREAM) throw new Error(`frame of stream ${id}`);
    this.bytes += length;
  }
}

function fail(error: Error): never {
  throw error;
}

/** Milliseconds of processor time of a round, and of the warm-up before the first round. */
const ROUND = 50;
const WARM_UP = 300;

/** Passes between two readings of the clock. */
const PASSES = 100;

/** Nanoseconds per frame, in each direction. */
export const measureCodec: Measure = async (workload, peers, { rounds }) => {
  const chosen = peers.flatMap(({ name }) =>
    codecs[name] === undefined ? [] : [[name, codecs[name]()] as const],
  );
  return (["encode", "decode"] as const)
    .map((direction): Measurement => {
      const values: Record<string, number[]> = {};
      for (const [, own] of chosen) nanosecondsOf(own[direction], WARM_UP);
      for (let round = 0; round < rounds; round++) {
        for (const [name, own] of chosen) {
          (values[name] ??= []).push(nanosecondsOf(own[direction], ROUND));
        }
      }
      return { workload, unit: `ns, ${direction}`, lessIsBetter: true, values };
    })
    .filter(({ values }) => Object.keys(values).length > 0);
};

/**
 * The average cost of a frame, measured for `duration` milliseconds. It counts processor time, because other programs
 * may use the processor too.
 */
function nanosecondsOf(pass: Pass, duration: number): number {
  const start = process.cpuUsage();
  let elapsed = 0;
  let passes = 0;
  while (elapsed < duration) {
    for (let at = 0; at < PASSES; at++, passes++) {
      if (pass() !== FRAMES * MESSAGE_LENGTH) throw new Error("bytes are missing");
    }
    const { user, system } = process.cpuUsage(start);
    elapsed = (user + system) / 1000;
  }
  return (elapsed * 1e6) / (passes * FRAMES);
}
