import { createHistogram } from "node:perf_hooks";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Histogram } from "../histogram.ts";
import { minimumSamples, sampleQuantile, samplesNeeded } from "./quantiles.ts";

describe("the fewest samples for a percentile", () => {
  it.each([
    [0.5, 11],
    [0.75, 24],
    [0.8, 31],
    [0.9, 64],
    [0.95, 130],
    [0.97, 219],
    [0.99, 662],
    [0.999, 6636],
    [0.9999, 66_381],
  ])("are MLPerf's early-stopping minimum: %d needs %d", (q, samples) => {
    expect(minimumSamples(q)).toBe(samples);
  });

  it("are known for every percentile that is printed", () => {
    expect(samplesNeeded).toEqual({ p50: 11, p90: 64, p95: 130, p99: 662, p999: 6636 });
  });
});

describe("the sample quantile", () => {
  const sorted = (values: number[]) => Float64Array.from(values).sort();
  const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });

  it("is one of the samples: the lower middle one of an even number", () => {
    expect(sampleQuantile([1, 2, 3, 4], 0.5)).toBe(2);
    expect(sampleQuantile([1, 2, 3, 4], 0.51)).toBe(3);
    expect(sampleQuantile([7], 0.99)).toBe(7);
    expect(sampleQuantile([1, 2], 0)).toBe(1);
    expect(sampleQuantile([1, 2], 1)).toBe(2);
  });

  it("never falls as the share rises", () => {
    fc.assert(
      fc.property(values, share, share, (samples, a, b) => {
        const at = (q: number) => sampleQuantile(sorted(samples), q);
        expect(at(Math.min(a, b))).toBeLessThanOrEqual(at(Math.max(a, b)));
      }),
    );
  });

  it("has its share of the samples at or below it, and the next lower sample has not", () => {
    fc.assert(
      fc.property(values, fc.constantFrom(0.5, 0.9, 0.95, 0.99), (samples, q) => {
        const value = sampleQuantile(sorted(samples), q);
        expect(samples.filter((sample) => sample <= value).length).toBeGreaterThanOrEqual(q * samples.length);
        expect(samples.filter((sample) => sample < value).length).toBeLessThan(q * samples.length);
      }),
    );
  });

  it("agrees with Node's own histogram", () => {
    // Below 2048 its buckets are exact too. It rounds ranks where we round up, so the rank must be a whole number.
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 100, maxLength: 100 }), (samples) => {
        const oracle = createHistogram({ lowest: 1, highest: 10_000, figures: 3 });
        for (const sample of samples) oracle.record(sample);
        for (const q of [0.5, 0.9, 0.95, 0.99])
          expect(sampleQuantile(sorted(samples), q)).toBe(oracle.percentile(q * 100));
      }),
    );
  });

  it("agrees with our histogram to 0.4 %, also when that was merged from parts", () => {
    fc.assert(
      fc.property(values, values, share, (left, right, q) => {
        const histogram = new Histogram();
        for (const part of [left, right]) {
          const own = new Histogram();
          for (const value of part) own.record(value);
          histogram.mergeData(own.toData());
        }
        const exact = sampleQuantile(sorted([...left, ...right]), q);
        expect(Math.abs(histogram.quantile(q) - exact)).toBeLessThanOrEqual(exact / 256 + 1e-300);
      }),
    );
  });
});
