// The one error class: its codes, its fields, and that other installed copies are recognised. Spec §7.

import { ErrorCode, type ErrorCodeName } from "@muxado/frame";
import { describe, expect, it, vi } from "vitest";
import {
  codeOfWire,
  MuxadoError,
  type MuxadoErrorCode,
  type MuxadoErrorInit,
  type ResetCode,
  resetCodeNumber,
  wireCodeOf,
} from "./errors.ts";

const WIRE_NAMES = Object.keys(ErrorCode) as ErrorCodeName[];

/** Codes that are never sent under their own name, each with the number that it uses. */
const LOCAL: Record<Exclude<MuxadoErrorCode, ErrorCodeName>, number> = {
  UNKNOWN_CODE: 0xffffffff,
  TRANSPORT_FAILED: 0xff,
  CONNECT_FAILED: 0xff,
  DRAIN_TIMEOUT: ErrorCode.SESSION_CLOSED,
  HEARTBEAT_TIMEOUT: ErrorCode.REMOTE_GONE_AWAY,
  TYPE_MISSING: ErrorCode.STREAM_REFUSED,
  STREAM_LIMIT: ErrorCode.STREAM_REFUSED,
  WRITE_AFTER_END: ErrorCode.STREAM_CLOSED,
  READ_PENDING: ErrorCode.INTERNAL_ERROR,
};

const init: MuxadoErrorInit = { code: "STREAM_RESET", scope: "stream", origin: "remote" };

describe("every code", () => {
  it.each(WIRE_NAMES)("%s has the number that the protocol gives it", (code) => {
    expect(wireCodeOf(code)).toBe(ErrorCode[code]);
    expect(new MuxadoError({ ...init, code }).wireCode).toBe(ErrorCode[code]);
  });

  it.each(Object.entries(LOCAL))("%s borrows a number, 0x%x", (code, number) => {
    expect(new MuxadoError({ ...init, code: code as MuxadoErrorCode }).wireCode).toBe(number);
  });

  it("has a meaning of its own", () => {
    const codes = [...WIRE_NAMES, ...Object.keys(LOCAL)] as MuxadoErrorCode[];
    const messages = codes.map((code) => new MuxadoError({ ...init, code }).message);
    expect(new Set(messages).size).toBe(codes.length);
    expect(messages).not.toContain("");
  });
});

describe("a code that a peer sent", () => {
  it.each(WIRE_NAMES.filter((name) => name !== "NO_ERROR"))("%s has its name", (name) => {
    expect(codeOfWire(ErrorCode[name])).toBe(name);
  });

  it("of 0 is an error too, without a reason of its own", () => {
    expect(codeOfWire(0)).toBe("STREAM_RESET");
  });

  it.each([16, 0xff, 256, 0xffffffff])("of %i is unknown", (number) => {
    expect(codeOfWire(number)).toBe("UNKNOWN_CODE");
  });
});

describe("an error", () => {
  it("an error has the fields that it was made with", () => {
    const cause = new Error("behind it");
    const error = new MuxadoError({
      code: "UNKNOWN_CODE",
      wireCode: 700,
      scope: "session",
      origin: "local",
      detail: "it was told so",
      streamId: 9,
      retry: "safe",
      cause,
    });
    expect(error).toMatchObject({
      name: "MuxadoError",
      code: "UNKNOWN_CODE",
      wireCode: 700,
      scope: "session",
      origin: "local",
      streamId: 9,
      retry: "safe",
      cause,
    });
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toMatch(/: it was told so \(stream 9\)$/);
  });

  it("claims nothing that it was not told", () => {
    const error = new MuxadoError(init);
    expect(error.retry).toBe("unknown");
    expect(error.streamId).toBeUndefined();
    expect("cause" in error).toBe(false);
    expect(error.message).not.toMatch(/[:(]/);
  });
});

describe("telling the class apart", () => {
  it("knows its own", () => {
    expect(MuxadoError.is(new MuxadoError(init))).toBe(true);
  });

  it("knows those of another installed copy of the package, which instanceof does not", async () => {
    vi.resetModules();
    const copy = await import("./errors.ts");
    const error = new copy.MuxadoError(init);
    expect(error).not.toBeInstanceOf(MuxadoError);
    expect(MuxadoError.is(error)).toBe(true);
    expect(copy.MuxadoError.is(new MuxadoError(init))).toBe(true);
  });

  it.each([new Error("other"), { code: "STREAM_RESET" }, null, undefined, "STREAM_RESET", 7])(
    "does not take %o for one",
    (value) => {
      expect(MuxadoError.is(value)).toBe(false);
    },
  );
});

describe("the reason for a reset", () => {
  it.each(WIRE_NAMES.filter((name) => name !== "NO_ERROR"))("may be %s", (name) => {
    expect(resetCodeNumber(name as ResetCode)).toBe(ErrorCode[name]);
  });

  it.each([1, 256, 0xffffffff])("may be the number %i", (number) => {
    expect(resetCodeNumber(number)).toBe(number);
  });

  it.each([0, -1, 0x1_0000_0000, 1.5, Number.NaN, "NO_ERROR", "SOMETHING"])(
    "may not be %o",
    (code) => {
      expect(() => resetCodeNumber(code as ResetCode)).toThrow(RangeError);
      expect(() => resetCodeNumber(code as ResetCode)).toThrow(String(code));
    },
  );
});
