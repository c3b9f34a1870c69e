import { expect, test } from "vitest";
import { attacks } from "./attacks.ts";
import { parseOptions } from "./options.ts";

test("without options, all attacks and all ends are measured on both wires at 1 Mbit/s", () => {
  const options = parseOptions([])!;
  expect(options.attacks).toEqual(attacks);
  expect(options.ends.length).toBeGreaterThan(20);
  expect(options.wires.map(({ name }) => name)).toEqual(["muxado", "yamux"]);
  expect(options).toMatchObject({ seconds: 10, rate: 1_000_000, markdown: false });
});

test("what is named is measured and nothing else", () => {
  const attack = parseOptions(["--attack", "idle-syns", "--wire", "muxado", "--rate", "2e6"])!;
  expect(attack.attacks.map(({ name }) => name)).toEqual(["idle-syns"]);
  expect(attack.wires.map(({ name }) => name)).toEqual(["muxado"]);
  expect(attack).toMatchObject({ ends: [], rate: 2_000_000 });
  const ends = parseOptions(["--ends", "--streams", "500"])!;
  expect(ends.attacks).toEqual([]);
  expect(ends.ends.every(({ count }) => count === 500)).toBe(true);
});

test("names and numbers that mean nothing are refused", () => {
  expect(() => parseOptions(["--attack", "bribery"])).toThrow('there is no "bribery"');
  expect(() => parseOptions(["--wire", "http2"])).toThrow("got http2");
  expect(() => parseOptions(["--seconds", "0"])).toThrow("--seconds must be a number above 0");
});
