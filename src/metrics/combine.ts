/** Makes one value of the several series that a page has of one quantity. */
import type { CumulativeHistogram } from "../runs/schemas/timeline.ts";
import type { MetricDefinition } from "./names.ts";

/** Series with the same key are copies of one quantity. */
export interface KeyedValue<Value> {
  key: string;
  value: Value;
}

/**
 * The sum, mean or maximum over the quantities, each taken once. Null when there is none, and when a part of a sum or a
 * mean is missing: the sum of the rest would be another quantity.
 */
export function combineValues(
  series: readonly KeyedValue<number | null>[],
  how: MetricDefinition["combine"],
): number | null {
  const quantities = takeOnce(series, (a, b) => b === null || (a !== null && a >= b));
  const present = quantities.filter((value) => value !== null);
  if (present.length === 0 || (how !== "max" && present.length < quantities.length)) return null;
  if (how === "max") return present.reduce((a, b) => Math.max(a, b));
  const sum = present.reduce((a, b) => a + b);
  return how === "sum" ? sum : sum / present.length;
}

/**
 * The histogram of all the series. Cumulative counts may be added wherever every series has the same bound, so where
 * bounds differ the common ones stay, and nothing is estimated.
 */
export function combineHistograms(series: readonly KeyedValue<CumulativeHistogram>[]): CumulativeHistogram | null {
  const histograms = takeOnce(series, (a, b) => a.count >= b.count);
  const first = histograms[0];
  if (first === undefined) return null;
  if (histograms.length === 1) return first;
  const tables = histograms.map(
    ({ bounds, counts }) => new Map(bounds.map((bound, i) => [bound, counts[i] as number])),
  );
  const bounds = first.bounds.filter((bound) => tables.every((table) => table.has(bound)));
  return {
    sum: histograms.reduce((total, { sum }) => total + sum, 0),
    count: histograms.reduce((total, { count }) => total + count, 0),
    bounds,
    counts: bounds.map((bound) => tables.reduce((total, table) => total + (table.get(bound) as number), 0)),
  };
}

function takeOnce<Value>(series: readonly KeyedValue<Value>[], isAtLeast: (a: Value, b: Value) => boolean): Value[] {
  const taken = new Map<string, Value>();
  for (const { key, value } of series) {
    const before = taken.get(key);
    if (before === undefined || !isAtLeast(before, value)) taken.set(key, value);
  }
  return [...taken.values()];
}

/** A change of unit, without the digits that binary fractions add: 57 % is 0.57. */
export function scale(value: number, factor: number): number {
  return factor === 1 ? value : Number((value * factor).toPrecision(15));
}

export function scaleHistogram(histogram: CumulativeHistogram, factor: number): CumulativeHistogram {
  if (factor === 1) return histogram;
  return {
    ...histogram,
    sum: scale(histogram.sum, factor),
    bounds: histogram.bounds.map((bound) => (bound === null ? null : scale(bound, factor))),
  };
}
