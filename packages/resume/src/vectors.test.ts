// The test vectors of docs/spec/resume.md: what they say, this package says, however the bytes are cut.

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeAnswer, decodeHello, encodeAnswer, encodeHello, type Status } from "./handshake.ts";
import { bareRecord, headOf, RecordReader } from "./records.ts";

type Event = readonly [name: string, value?: string | number];

interface Vectors {
  readonly hellos: {
    name: string;
    bytes: string;
    isNew: boolean;
    token: string;
    attempt: number;
    received: number;
  }[];
  readonly refusedHellos: { name: string; bytes: string }[];
  readonly answers: { name: string; bytes: string; status: Status; received: number }[];
  readonly refusedAnswers: { name: string; bytes: string }[];
  readonly records: { name: string; bytes: string; events: Event[] }[];
  readonly refusedRecords: { name: string; bytes: string }[];
}

const vectors = JSON.parse(
  readFileSync(new URL("../vectors.json", import.meta.url), "utf8"),
) as Vectors;

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Reads records, in pieces of `step` bytes. Neighbouring pieces of data are one event. */
function read(bytes: string, step: number): Event[] {
  const events: Event[] = [];
  let data = "";
  const flush = (): void => {
    if (data !== "") events.push(["data", data]);
    data = "";
  };
  const add = (event: Event): void => {
    flush();
    events.push(event);
  };
  const reader = new RecordReader({
    data(piece) {
      data += hex(piece);
      return false;
    },
    confirmed: (units) => add(["confirmed", units]),
    pinged: () => add(["pinged"]),
    ended: () => add(["ended"]),
    broken: (detail) => add(["broken", detail]),
  });
  const all = Buffer.from(bytes, "hex");
  for (let at = 0; at < all.length; at += step) reader.push(all.subarray(at, at + step));
  flush();
  return events;
}

describe("a hello", () => {
  test.each(vectors.hellos)("is $bytes: $name", ({ bytes, isNew, token, attempt, received }) => {
    const hello = { isNew, token: Uint8Array.from(Buffer.from(token, "hex")), attempt, received };
    expect(decodeHello(Uint8Array.from(Buffer.from(bytes, "hex")))).toEqual(hello);
    expect(hex(encodeHello(hello))).toBe(bytes);
  });

  test.each(vectors.refusedHellos)("is not $bytes: $name", ({ bytes }) => {
    expect(decodeHello(Buffer.from(bytes, "hex"))).toBeUndefined();
  });
});

describe("an answer", () => {
  test.each(vectors.answers)("is $bytes: $name", ({ bytes, status, received }) => {
    expect(decodeAnswer(Buffer.from(bytes, "hex"))).toEqual({ status, received });
    if (status < 4) expect(hex(encodeAnswer({ status, received }))).toBe(bytes);
  });

  test.each(vectors.refusedAnswers)("is not $bytes: $name", ({ bytes }) => {
    expect(decodeAnswer(Buffer.from(bytes, "hex"))).toBeUndefined();
  });
});

describe("records", () => {
  test.each(vectors.records)("are $bytes: $name", ({ bytes, events }) => {
    for (const step of [1, 2, 3, 5, 7, 1_000]) expect(read(bytes, step)).toEqual(events);
  });

  test.each(vectors.refusedRecords)("are not $bytes: $name", ({ bytes }) => {
    expect(read(`${bytes}0300000000`, 1)).toEqual([["broken", expect.any(String)]]);
  });

  test("are encoded as the vectors say", () => {
    expect(hex(headOf(undefined, 2))).toBe("0000000002");
    expect(hex(headOf(4_294_967_299, 0))).toBe("01000000080000000100000003");
    expect(hex(headOf(5, 1))).toBe("010000000800000000000000050000000001");
    expect(hex(bareRecord("ping"))).toBe("0200000000");
    expect(hex(bareRecord("end"))).toBe("0300000000");
  });
});
