import { expect, it } from "vitest";
import { createRecentMap } from "./recent-map.ts";

it("keeps what was used lately, and lets go of the rest", () => {
  const map = createRecentMap<number, string>(100);
  for (let key = 0; key < 10_000; key++) {
    map.set(key, `${key}`);
    // It is asked for again and again.
    expect(map.get(0)).toBe("0");
    expect(map.get(Math.max(0, key - 40))).toBe(`${Math.max(0, key - 40)}`);
  }
  const kept = Array.from({ length: 10_000 }, (_, key) => map.get(key)).filter((value) => value !== undefined);
  expect(kept.length).toBeLessThanOrEqual(200);
});

it("has nothing of what was deleted", () => {
  const map = createRecentMap<string, number>(2);
  for (const key of ["a", "b", "c"]) map.set(key, 1);
  map.delete("a");
  map.delete("c");
  expect(["a", "b", "c"].map((key) => map.get(key))).toEqual([undefined, 1, undefined]);
});
