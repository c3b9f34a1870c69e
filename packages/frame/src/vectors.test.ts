// The shipped vectors cover this wire, and name its error codes as the package does. Spec §11.

import { withVerdict } from "@muxado/testkit/codec";
import { expect, it } from "vitest";
import { file } from "../test/codec.ts";
import { ErrorCode, errorCodeName } from "./error-code.ts";

const frames = withVerdict(file.vectors, "valid").flatMap((vector) => vector.frames);

it("they cover every type, every flag combination and every error code", () => {
  expect(new Set(frames.map(({ type }) => type))).toEqual(
    new Set(["data", "reset", "increment", "goAway"]),
  );
  for (const syn of [false, true]) {
    for (const fin of [false, true]) {
      expect(frames).toContainEqual(expect.objectContaining({ type: "data", syn, fin }));
    }
  }
  for (const type of ["reset", "goAway"]) {
    for (const errorCode of Object.values(ErrorCode)) {
      expect(frames).toContainEqual(expect.objectContaining({ type, errorCode }));
    }
  }
});

it("they name the error codes as the package does", () => {
  for (const { error } of withVerdict(file.vectors, "invalid")) {
    expect(errorCodeName(error.code)).toBe(error.codeName);
  }
});
