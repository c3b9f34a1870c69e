import { expect, test } from "vitest";
import { collidingIds, hashOf } from "./colliding-ids.ts";

test("thirty thousand ids that a client may use rise and fall into one bucket", () => {
  const ids = collidingIds();
  expect(ids.length).toBeGreaterThan(30_000);
  expect(new Set(ids.map((id) => hashOf(id) % 2 ** 15)).size).toBe(1);
  expect(ids.every((id) => id % 2 === 1 && id > 2 && id < 2 ** 31)).toBe(true);
  expect(ids.every((id, at) => at === 0 || id > ids[at - 1]!)).toBe(true);
});
