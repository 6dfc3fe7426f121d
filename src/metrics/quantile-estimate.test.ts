import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CumulativeHistogram } from "../runs/schemas/timeline.ts";
import { estimateQuantile } from "./quantile-estimate.ts";

const histogram = (bounds: (number | null)[], counts: number[]): CumulativeHistogram => ({
  sum: 0,
  count: counts.at(-1) as number,
  bounds,
  counts,
});

describe("a quantile of a histogram", () => {
  it("is interpolated within its bucket, and says that it is inferred", () => {
    const estimate = estimateQuantile(histogram([10, 20, null], [0, 100, 100]), 0.25);
    expect(estimate).toMatchObject({ value: 12.5, low: 10, high: 20, claim: "inferred" });
    expect(estimate?.why).not.toBe("");
  });

  it("starts the lowest bucket at zero", () => {
    expect(estimateQuantile(histogram([10, null], [4, 4]), 0.5)).toMatchObject({ value: 5, low: 0, high: 10 });
  });

  it("is not made up above the last bound", () => {
    expect(estimateQuantile(histogram([10, null], [1, 100]), 0.9)).toMatchObject({
      value: null,
      low: 10,
      high: null,
      claim: "not_proven",
    });
  });

  it("does not exist without samples", () => {
    expect(estimateQuantile(histogram([10, null], [0, 0]), 0.5)).toBeNull();
  });

  it("never leaves the bucket in which the sample quantile is", () => {
    const values = fc.array(fc.double({ min: 0.001, max: 150, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (samples, q) => {
        const bounds = [1, 5, 20, 100, null];
        const counts = bounds.map((bound) => samples.filter((value) => value <= (bound ?? Infinity)).length);
        const sorted = samples.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(q * samples.length) - 1)] as number;
        const estimate = estimateQuantile(histogram(bounds, counts), q);
        expect(exact).toBeGreaterThan(estimate?.low ?? -Infinity);
        expect(exact).toBeLessThanOrEqual(estimate?.high ?? Infinity);
        const value = estimate?.value ?? Infinity;
        expect(value).toBeGreaterThanOrEqual(estimate?.low ?? -Infinity);
        expect(value).toBeLessThanOrEqual(estimate?.high ?? Infinity);
        expect(value === Infinity).toBe(exact > 100);
      }),
    );
  });
});
