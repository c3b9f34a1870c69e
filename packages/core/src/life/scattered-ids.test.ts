// Keys for ids: no two are the same, and none can be known beforehand.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ScatteredIds } from "./scattered-ids.ts";

describe("keys", () => {
  it("there are as many keys as ids, with any secrets", () => {
    const secrets = fc.tuple(fc.nat(), fc.nat(), fc.nat()).map((three) => Uint32Array.from(three));
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), secrets, (bits, drawn) => {
        const ids = new ScatteredIds(bits, drawn);
        const keys = new Set(Array.from({ length: 2 ** bits }, (_, id) => ids.keyOf(id)));
        expect(keys.size).toBe(2 ** bits);
        expect(Math.min(...keys)).toBe(0);
        expect(Math.max(...keys)).toBe(2 ** bits - 1);
      }),
    );
  });

  it.each([30, 31])("of %i bits stay within them", (bits) => {
    const ids = new ScatteredIds(bits);
    for (const id of [0, 1, 2 ** bits - 1]) {
      expect(ids.keyOf(id)).toBeGreaterThanOrEqual(0);
      expect(ids.keyOf(id)).toBeLessThan(2 ** bits);
    }
  });

  it("of ids that share a place in a Map do not share one", () => {
    // V8's hash of integers has no seed. In a table of 2^16 places, these ids all fall into the first place.
    const places = 2 ** 16;
    const chosen: number[] = [];
    for (let id = 0; chosen.length < 64; id++) if (hashOf(id) % places === 0) chosen.push(id);
    const ids = new ScatteredIds(30);
    const taken = new Set(chosen.map((id) => hashOf(ids.keyOf(id)) % places));
    expect(taken.size).toBeGreaterThan(48);
  });
});

/** Thomas Wang's hash of 32-bit integers, in the form that V8 uses. */
function hashOf(value: number): number {
  let hash = (~value + (value << 15)) >>> 0;
  hash = (hash ^ (hash >>> 12)) >>> 0;
  hash = (hash + (hash << 2)) >>> 0;
  hash = (hash ^ (hash >>> 4)) >>> 0;
  hash = Math.imul(hash, 2057) >>> 0;
  hash = (hash ^ (hash >>> 16)) >>> 0;
  return hash & 0x3fffffff;
}
