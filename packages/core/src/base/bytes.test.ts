// Tests which values are accepted as bytes.

import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { checkBytes, NOTHING, unshared } from "./bytes.ts";

describe("bytes", () => {
  it.each([
    ["a Uint8Array", new Uint8Array(3)],
    ["no bytes", NOTHING],
    ["a Buffer", Buffer.from("abc")],
    ["a Uint8Array of another realm", runInNewContext("new Uint8Array(3)")],
  ])("are %s", (_, value) => {
    expect(() => checkBytes(value)).not.toThrow();
  });

  it.each([
    ["text", "abc", "a string"],
    ["nothing", undefined, "undefined"],
    ["null", null, "null"],
    ["an array of numbers", [1, 2], "Array"],
    ["a buffer without a view", new ArrayBuffer(3), "ArrayBuffer"],
    ["a DataView", new DataView(new ArrayBuffer(3)), "DataView"],
    ["signed bytes", new Int8Array(3), "Int8Array"],
    ["clamped bytes", new Uint8ClampedArray(3), "Uint8ClampedArray"],
    ["wider integers", new Uint16Array(3), "Uint16Array"],
    ["what only says that it is bytes", { [Symbol.toStringTag]: "Uint8Array" }, "Object"],
    ["an object without a constructor", Object.create(null), "an object"],
  ])("are not %s: a TypeError says what it got", (_, value, got) => {
    expect(() => checkBytes(value)).toThrow(TypeError);
    expect(() => checkBytes(value)).toThrow(`got ${got}`);
  });
});

describe("unshared bytes", () => {
  it.each([
    ["an ArrayBuffer", Uint8Array.of(1, 2, 3)],
    ["a Buffer's memory", Buffer.from("abc")],
    ["an ArrayBuffer of another realm", runInNewContext("new Uint8Array(3)")],
  ])("over %s are the same", (_, chunk) => {
    expect(unshared(chunk)).toBe(chunk);
  });

  it("unshared bytes are a copy of bytes in shared memory", () => {
    const chunk = new Uint8Array(new SharedArrayBuffer(5), 1, 3).fill(7);
    const copy = unshared(chunk);
    expect(copy.buffer).toBeInstanceOf(ArrayBuffer);
    expect(copy).toEqual(Uint8Array.of(7, 7, 7));
  });
});
