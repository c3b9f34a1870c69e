// One line for each frame, and nothing in it that a peer could use against the reader of a log.

import { describe as group, expect, it } from "vitest";
import { describe } from "./describe.ts";
import type { Frame } from "./frame.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

group("a line says", () => {
  const lines: [string, Frame][] = [
    [
      "DATA stream=3 SYN length=5",
      { type: "data", streamId: 3, syn: true, fin: false, body: text("hello") },
    ],
    [
      "DATA stream=3 FIN length=0",
      { type: "data", streamId: 3, syn: false, fin: true, body: text("") },
    ],
    [
      "DATA stream=3 SYN FIN length=1",
      { type: "data", streamId: 3, syn: true, fin: true, body: text("x") },
    ],
    [
      "DATA stream=3 length=1",
      { type: "data", streamId: 3, syn: false, fin: false, body: text("x") },
    ],
    ["RST stream=3 code=STREAM_CANCELLED", { type: "reset", streamId: 3, errorCode: 6 }],
    ["RST stream=3 code=UNKNOWN(0xff)", { type: "reset", streamId: 3, errorCode: 0xff }],
    ["WNDINC stream=2 increment=131072", { type: "increment", streamId: 2, increment: 131072 }],
    [
      "GOAWAY last=0 code=NO_ERROR",
      { type: "goAway", lastStreamId: 0, errorCode: 0, debug: text("") },
    ],
    [
      'GOAWAY last=5 code=PEER_EOF debug="gone"',
      { type: "goAway", lastStreamId: 5, errorCode: 15, debug: text("gone") },
    ],
  ];
  it.each(lines)("%s", (line, frame) => {
    expect(describe(frame)).toBe(line);
  });
});

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
