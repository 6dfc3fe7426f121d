/** Samples to a distribution as summary.json holds it: moments, percentiles that are allowed, intervals, and a claim. */
import { Histogram } from "../histogram.ts";
import type { Random } from "../random.ts";
import type { Distribution, Percentile } from "../runs/schemas/summary.ts";
import { blocksOfSeconds, blocksOfValues } from "./blocks.ts";
import { claimOf, rounded, type Footing } from "./figures.ts";
import { bootstrapIntervals } from "./interval.ts";
import { percentileRanks, samplesNeeded, sampleQuantile, type PercentileName } from "./quantiles.ts";

/** What every distribution of a level is made with. */
export interface Basis {
  footing: Footing;
  /** Requests in a block of the bootstrap: as many as ran at the same time. */
  blockLength: number;
  /** Seeded, the same for every distribution: what is measured on the same requests is drawn in the same way. */
  random(): Random;
}

/** What the samples are; `none` says why there are none, `doubt` what their values rest on. */
export interface Described {
  unit: Distribution["unit"];
  doubt: string | null;
  none: string;
}

/** Of single values in the order of time. Percentiles are exact. */
export function distributionOf(basis: Basis, what: Described, values: Float64Array): Distribution {
  if (values.length === 0) return emptyDistribution(what);
  const sorted = values.toSorted();
  return {
    ...heading(basis, what, values.length),
    mean: rounded(values.reduce((sum, value) => sum + value, 0) / values.length),
    min: rounded(sorted[0] as number),
    max: rounded(sorted[sorted.length - 1] as number),
    ...percentilesOf(
      values.length,
      (q) => sampleQuantile(sorted, q),
      (quantiles) => bootstrapIntervals(blocksOfValues(values, basis.blockLength), quantiles, basis.random()),
    ),
  };
}

/**
 * Of histograms of microseconds, one for each second in the order of time. Percentiles are within 0.4 %; mean, min and
 * max are exact.
 */
export function distributionOfSeconds(basis: Basis, what: Described, seconds: readonly Histogram[]): Distribution {
  const whole = merged(seconds);
  if (whole.count === 0) return emptyDistribution(what);
  return {
    ...heading(basis, what, whole.count),
    mean: rounded(whole.mean() / usPerMs),
    min: rounded(whole.min / usPerMs),
    max: rounded(whole.max / usPerMs),
    ...percentilesOf(
      whole.count,
      (q) => whole.quantile(q) / usPerMs,
      (quantiles) =>
        bootstrapIntervals(blocksOfSeconds(seconds), quantiles, basis.random()).map(
          (interval) => interval && [interval[0] / usPerMs, interval[1] / usPerMs],
        ),
    ),
  };
}

const usPerMs = 1000;

function heading(basis: Basis, what: Described, samples: number) {
  return { unit: what.unit, ...claimOf(basis.footing, what.doubt), samples };
}

function emptyDistribution({ unit, none }: Described): Distribution {
  const nothing = percentilesOf(
    0,
    () => NaN,
    (quantiles) => quantiles.map(() => null),
  );
  return { unit, claim: "not_proven", why: none, samples: 0, mean: null, min: null, max: null, ...nothing };
}

function percentilesOf(
  samples: number,
  quantile: (q: number) => number,
  intervals: (quantiles: readonly number[]) => ([number, number] | null)[],
): Record<PercentileName, Percentile> {
  const names = Object.keys(percentileRanks) as PercentileName[];
  const allowed = names.filter((name) => samples >= samplesNeeded[name]);
  const found = allowed.length === 0 ? [] : intervals(allowed.map((name) => percentileRanks[name]));
  const entries = names.map((name): [PercentileName, Percentile] => {
    const needs = samplesNeeded[name];
    const place = allowed.indexOf(name);
    if (place < 0) return [name, { value: null, needs, interval: null }];
    const value = rounded(quantile(percentileRanks[name]));
    return [name, { value, needs, interval: around(value, found[place] ?? null) }];
  });
  return Object.fromEntries(entries) as Record<PercentileName, Percentile>;
}

/** The ends come from cells: without this, the exact estimate could lie just outside. */
function around(value: number, interval: [number, number] | null): [number, number] | null {
  return interval === null ? null : [Math.min(value, rounded(interval[0])), Math.max(value, rounded(interval[1]))];
}

function merged(histograms: readonly Histogram[]): Histogram {
  const whole = new Histogram();
  for (const histogram of histograms) whole.merge(histogram);
  return whole;
}
