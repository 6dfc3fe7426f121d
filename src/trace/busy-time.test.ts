import fc from "fast-check";
import { expect, it } from "vitest";
import { createBusyTime } from "./busy-time.ts";

it("is the time in which at least one call was under way, told in order", () => {
  const spans = fc.array(
    fc.tuple(fc.nat(60), fc.nat(30)).map(([from, length]) => [from, from + length] as const),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(spans, fc.nat(20), (list, later) => {
      const busy = createBusyTime();
      const moments = list.flatMap(([from, to]) => [
        { at: from, call: busy.begin },
        { at: to, call: busy.end },
      ]);
      // At one moment beginnings are told first: a call's own beginning is never after its end.
      for (const { at, call } of moments.toSorted((a, b) => a.at - b.at || (a.call === busy.begin ? -1 : 1))) call(at);
      const end = Math.max(0, ...list.map(([, to]) => to)) + later;
      const expected = Array.from({ length: end }, (_, ms) => ms).filter((ms) =>
        list.some(([from, to]) => from <= ms && ms < to),
      ).length;
      expect(busy.until(end)).toBe(expected);
    }),
  );
});

it("counts back from the last change while a call is under way", () => {
  const busy = createBusyTime();
  busy.begin(10);
  busy.begin(30);
  expect([busy.until(25), busy.until(30), busy.until(40)]).toEqual([15, 20, 30]);
});

it("takes moments that are told late as the last one", () => {
  const busy = createBusyTime();
  busy.begin(10);
  busy.end(20);
  busy.begin(15);
  busy.end(30);
  expect(busy.until(30)).toBe(20);
});
