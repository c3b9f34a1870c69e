// Which parts of this wire the shipped vectors cover, and how to read them. Spec §11.

import { withVerdict } from "@muxado/testkit/codec";
import { expect, it } from "vitest";
import { file } from "../test/codec.ts";

const frames = withVerdict(file.vectors, "valid").flatMap((vector) => vector.frames);

it("they cover every type, every flag combination and every field that can be wrong", () => {
  expect(new Set(frames.map(({ type }) => type))).toEqual(
    new Set(["data", "windowUpdate", "ping", "goAway"]),
  );
  for (const type of ["data", "windowUpdate"]) {
    for (let bits = 0; bits < 16; bits++) {
      const [syn, ack, fin, rst] = [1, 2, 4, 8].map((bit) => (bits & bit) !== 0);
      expect(frames).toContainEqual(expect.objectContaining({ type, syn, ack, fin, rst }));
    }
  }
  const invalid = withVerdict(file.vectors, "invalid");
  expect(new Set(invalid.map(({ error }) => error.field))).toEqual(
    new Set(["version", "type", "streamId", "flags"]),
  );
});

it("they give the error code of a Window Update|RST as its `increment`", () => {
  const resets = frames
    .filter((frame) => frame.type === "windowUpdate" && frame["rst"] === true)
    .map((frame) => Number(frame["increment"]));
  expect(resets).toContain(0);
  expect(resets.some((code) => code > 0)).toBe(true);
});
