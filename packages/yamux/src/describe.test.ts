// One line for each frame, in the words of the spec.

import { describe as group, expect, it } from "vitest";
import { describe } from "./describe.ts";
import type { Frame } from "./frame.ts";

const none = { syn: false, ack: false, fin: false, rst: false };
const hello = new TextEncoder().encode("hello");

group("a line says", () => {
  const lines: [string, Frame][] = [
    ["DATA stream=1 SYN length=5", { type: "data", streamId: 1, ...none, syn: true, body: hello }],
    ["DATA stream=1 length=5", { type: "data", streamId: 1, ...none, body: hello }],
    [
      "DATA stream=4294967295 SYN ACK FIN RST length=0",
      {
        type: "data",
        streamId: 0xffffffff,
        syn: true,
        ack: true,
        fin: true,
        rst: true,
        body: new Uint8Array(0),
      },
    ],
    [
      "WINDOW_UPDATE stream=2 ACK increment=131072",
      { type: "windowUpdate", streamId: 2, ...none, ack: true, increment: 131072 },
    ],
    [
      "WINDOW_UPDATE stream=2 RST code=6",
      { type: "windowUpdate", streamId: 2, ...none, rst: true, increment: 6 },
    ],
    ["PING SYN value=7", { type: "ping", ack: false, value: 7 }],
    ["PING ACK value=7", { type: "ping", ack: true, value: 7 }],
    ["GO_AWAY code=NORMAL", { type: "goAway", code: 0 }],
    ["GO_AWAY code=UNKNOWN(0x3)", { type: "goAway", code: 3 }],
  ];
  it.each(lines)("%s", (line, frame) => {
    expect(describe(frame)).toBe(line);
  });
});
