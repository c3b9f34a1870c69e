// A line has nothing that a peer could use against the reader of a log.

import { describe as group, expect, it } from "vitest";
import { text } from "../test/codec.ts";
import { describe } from "./describe.ts";

group("debug data", () => {
  const debugOf = (debug: Uint8Array): string =>
    describe({ type: "goAway", lastStreamId: 0, errorCode: 0, debug }).split("debug=")[1]!;

  it("escapes all but printable ASCII: no line break, terminal sequence or lone quote", () => {
    expect(debugOf(text('a\r\n\x1b[31m"\\é~ '))).toBe(
      '"a\\x0d\\x0a\\x1b[31m\\x22\\x5c\\xc3\\xa9~ "',
    );
  });

  it("is cut when it is long, and says how long it was", () => {
    expect(debugOf(text("x".repeat(120)))).toBe(`"${"x".repeat(120)}"`);
    expect(debugOf(text("x".repeat(121)))).toBe(`"${"x".repeat(120)}"… (121 bytes)`);
  });
});
