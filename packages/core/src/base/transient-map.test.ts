// It behaves like a Map, however often it has been copied.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TransientMap } from "./transient-map.ts";

describe("a transient map", () => {
  it("a transient map has the same entries as a Map, in the same order, after any changes", () => {
    const step = fc.record({
      does: fc.constantFrom("set" as const, "set", "set", "delete", "delete", "clear"),
      key: fc.nat(40),
      times: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const map = new TransientMap<number, number>();
        const model = new Map<number, number>();
        let value = 0;
        for (const { does, key, times } of steps) {
          if (does === "clear" && times > 55) {
            map.clear();
            model.clear();
          } else if (does === "delete") {
            for (let at = key; at < key + times; at++)
              expect(map.delete(at)).toBe(model.delete(at));
          } else {
            for (let at = key; at < key + times; at++) {
              map.set(at, ++value);
              model.set(at, value);
            }
          }
          expect([...map]).toEqual([...model]);
          expect([map.size, map.has(key), map.get(key)]).toEqual([
            model.size,
            model.has(key),
            model.get(key),
          ]);
        }
      }),
    );
  });

  it("a transient map finds its entries while thousands are added and deleted, 100 at a time", () => {
    const map = new TransientMap<number, { readonly key: number }>();
    for (let key = 0; key < 10_000; key++) {
      map.set(key, { key });
      const earlier = key - ((key % 100) >> 1);
      expect(map.get(earlier)?.key).toBe(earlier);
      if (key >= 100) expect(map.delete(key - 100)).toBe(true);
    }
    expect(map.size).toBe(100);
  });
});
