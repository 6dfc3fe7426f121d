import { describe, expect, it } from "vitest";
import { noisyChoice, noisyQuantile, noisySum } from "./noise-mechanisms.ts";
import { permuteAndFlipProbabilities, testBytes } from "./noise-statistics.fixture.ts";
import { deviations, mostDeviations } from "./noise-statistics.fixture.ts";

/** ε that no chance could hide in these tests. */
const sharp = 1_000_000;

describe("a noisy quantile", () => {
  it.each([
    ["the median of one heap", [0, 100, 0, 0], 500, 1],
    ["the median at the heavier end", [40, 0, 0, 60], 500, 3],
    ["a 99th percentile in the tail", [0, 980, 0, 20], 990, 3],
    ["a 99th percentile that the tail does not reach", [0, 995, 0, 5], 990, 1],
    ["the lowest bucket", [10, 0, 0, 0], 500, 0],
    ["the highest bucket", [0, 0, 0, 10], 500, 3],
  ])("is %s, as far as the noise allows", (_, counts, perMille, bucket) => {
    expect(noisyQuantile(counts, perMille, sharp, testBytes("sharp"))).toBe(bucket);
  });

  /** What the definition says: how many ranks a bucket is away from the quantile. */
  const ranksAway = (counts: number[], q: number) => {
    const n = counts.reduce((a, b) => a + b, 0);
    return counts.map((count, index) => {
      const below = counts.slice(0, index).reduce((a, b) => a + b, 0);
      return Math.max(0, below - q * n, q * n - below - count);
    });
  };
  const exact = (counts: number[], q: number, epsilon: number) =>
    permuteAndFlipProbabilities(
      ranksAway(counts, q).map((away) => -away),
      epsilon / 2,
    );

  it("chooses each bucket by its distance in ranks, a halved ε to the rank", () => {
    const next = testBytes("quantile");
    const counts = [3, 5, 0, 4];
    const draw = () => noisyQuantile(counts, 500, 400, next);
    expect(deviations(60_000, draw, exact(counts, 0.5, 0.4))).toBeLessThan(mostDeviations);
    const mutant = () => noisyQuantile(counts, 500, 800, next);
    expect(deviations(60_000, mutant, exact(counts, 0.5, 0.4))).toBeGreaterThan(mostDeviations);
  });

  it("makes no result more than e^ε times as likely when a record is replaced, for every way to replace one", () => {
    const epsilon = 0.5;
    let largest = 0;
    for (const counts of [
      [3, 5, 0, 4],
      [0, 0, 9, 0],
      [1, 1, 1, 1],
      [6, 0, 0, 6],
    ])
      for (const q of [0.5, 0.95, 0.99])
        for (let from = 0; from < 4; from++)
          for (let to = 0; to < 4; to++) {
            if (counts[from] === 0) continue;
            const neighbour = counts.map((count, index) => count - Number(index === from) + Number(index === to));
            const before = exact(counts, q, epsilon);
            const after = exact(neighbour, q, epsilon);
            for (const [index, p] of before.entries()) largest = Math.max(largest, Math.log(p / (after[index] ?? 0)));
          }
    expect(largest).toBeLessThanOrEqual(epsilon + 1e-12);
    // Not far below either: the bound is a bound on something.
    expect(largest).toBeGreaterThan(epsilon / 3);
  });

  it("holds for as many records as a flag can name", () => {
    expect(noisyQuantile([0, Number.MAX_SAFE_INTEGER, 0], 990, 150, testBytes("many"))).toBe(1);
  });
});

describe("a noisy sum", () => {
  it("is spread as its ε and what one record can add say", () => {
    const next = testBytes("sum");
    const draws = 20_000;
    const noises = Array.from({ length: draws }, () => Number(noisySum(500n, 1000n, 100, next)) - 500);
    // A discrete Laplace of scale 10,000 has the standard deviation sqrt(2) times that.
    const variance = noises.reduce((sum, noise) => sum + noise ** 2, 0) / draws;
    expect(Math.sqrt(variance) / (Math.SQRT2 * 10_000)).toBeCloseTo(1, 1);
    expect(Math.abs(noises.reduce((a, b) => a + b, 0) / draws)).toBeLessThan(5 * 100);
  });

  it("makes no result more than e^ε times as likely when a record is replaced", () => {
    const next = testBytes("audit");
    const draws = 60_000;
    const above = (sum: bigint) => {
      let count = 0;
      for (let index = 0; index < draws; index++) if (noisySum(sum, 10n, 1000, next) > 5n) count++;
      return count / draws;
    };
    const [from, to] = [above(0n), above(10n)];
    const margin = 4 * Math.sqrt((1 / from + 1 / to) / draws);
    expect(Math.log(to / from) - margin).toBeLessThanOrEqual(1);
    // The same look at a sum to which a record adds twice of what was said.
    expect(Math.log(above(20n) / from) - margin).toBeGreaterThan(1);
  });
});

describe("a noisy choice", () => {
  it("is the truth with e^ε to one against each other choice", () => {
    const next = testBytes("choice");
    const p = Math.exp(0.25) / (Math.exp(0.25) + 7);
    const probabilities = Array.from({ length: 8 }, (_, index) => (index === 5 ? p : (1 - p) / 7));
    const deviationsOf = (epsilonMilli: number) =>
      deviations(60_000, () => noisyChoice(5, 8, epsilonMilli, next), probabilities);
    expect(deviationsOf(250)).toBeLessThan(mostDeviations);
    expect(deviationsOf(500)).toBeGreaterThan(mostDeviations);
  });
});
