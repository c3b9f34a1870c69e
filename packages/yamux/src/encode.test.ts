// Bytes that do not fit into a frame.

import { expect, it } from "vitest";
import { encode } from "./encode.ts";

it("a body of 4 GiB", () => {
  // This array claims to be longer than it is: a real one would need all the memory of a small machine.
  class Huge extends Uint8Array {
    override get length(): number {
      return 0x1_0000_0000;
    }
  }
  const data = {
    type: "data",
    streamId: 1,
    syn: false,
    ack: false,
    fin: false,
    rst: false,
  } as const;
  expect(() => encode({ ...data, body: new Huge(1) })).toThrow(
    new RangeError("data frame: body must have at most 4294967295 bytes, got 4294967296"),
  );
});
