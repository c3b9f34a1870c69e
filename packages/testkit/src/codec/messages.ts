// Texts for human readers: a frame as one line, and the error of an input. The vectors test the parts for programs.

import { describe, expect, it } from "vitest";
import type { Codec } from "./codec.ts";
import { fromHex } from "./vectors.ts";

export function describeMessages(codec: Codec): void {
  describe("a line says", () => {
    it.each(codec.lines)("%s", (line, frame) => {
      expect(codec.describe(frame)).toBe(line);
    });
  });

  describe("the message of an error names frame, offset, field and rule", () => {
    it.each(codec.messages)("%s", (hex, message) => {
      expect(messageFor(hex)).toBe(message);
    });
  });

  it("an error is an Error with a stack, so that tools treat it as one", () => {
    const error = codec.createError();
    expect(error).toBeInstanceOf(Error);
    expect(error.stack).toContain("codec/messages");
    expect(error.code).toBe(1);
  });

  function messageFor(hex: string): string {
    try {
      return String([...codec.createFrameDecoder().decode(fromHex(hex))].length);
    } catch (error) {
      return String(error);
    }
  }
}
