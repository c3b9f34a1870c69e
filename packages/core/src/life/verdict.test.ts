// The errors and sessions after which new streams need another session.

import { MuxadoError, type MuxadoErrorInit, needsNewSession } from "@muxado/core";
import { describe, expect, test } from "vitest";

type Story = Pick<MuxadoErrorInit, "code" | "scope">;

function errorOf(story: Story, cause?: unknown): MuxadoError {
  return new MuxadoError({ origin: "local", ...story, cause });
}

describe("needsNewSession", () => {
  test.each<[boolean, Story]>([
    [true, { code: "SESSION_CLOSED", scope: "session" }],
    [true, { code: "TRANSPORT_FAILED", scope: "session" }],
    [true, { code: "CONNECT_FAILED", scope: "session" }],
    [true, { code: "STREAMS_EXHAUSTED", scope: "session" }],
    [true, { code: "REMOTE_GONE_AWAY", scope: "session" }],
    [true, { code: "REMOTE_GONE_AWAY", scope: "stream" }],
    [false, { code: "STREAM_LIMIT", scope: "session" }],
    [false, { code: "STREAM_REFUSED", scope: "stream" }],
    [false, { code: "STREAM_RESET", scope: "stream" }],
    [false, { code: "WRITE_TIMEOUT", scope: "stream" }],
  ])("is %s for %o, also as the cause of another error", (expected, story) => {
    expect(needsNewSession(errorOf(story))).toBe(expected);
    const wrapped = new Error("a request failed", { cause: errorOf(story) });
    expect(needsNewSession(new Error("a page failed", { cause: wrapped }))).toBe(expected);
  });

  test("does not look into the cause of an error of one stream", () => {
    const cause = errorOf({ code: "SESSION_CLOSED", scope: "session" });
    expect(needsNewSession(errorOf({ code: "STREAM_CANCELLED", scope: "stream" }, cause))).toBe(
      false,
    );
  });

  test.each([[undefined], [null], ["SESSION_CLOSED"], [new Error("x")], [{}]])(
    "is false for a value that is neither: %o",
    (value) => {
      expect(needsNewSession(value)).toBe(false);
    },
  );

  test("ends with an error that is its own cause", () => {
    const error = new Error("x");
    error.cause = error;
    expect(needsNewSession(error)).toBe(false);
  });
});
