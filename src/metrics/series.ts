/**
 * What one metrics endpoint said over a span of time. Every function takes the timeline rows of one source, in the order
 * of time, and a window in milliseconds from the run's start; it looks at the scrapes whose answer came within the window
 * and says which span they really cover. Null: there are not enough of them. A failed scrape or an absent name is a gap.
 */
import type { CumulativeHistogram, TimelineRow } from "../runs/schemas/timeline.ts";

export interface Window {
  startMs: number;
  endMs: number;
}

/** The first and last scrape that counted: rates divide by the span between these, not by the window. */
export interface Span {
  fromMs: number;
  toMs: number;
  samples: number;
}

export interface CounterIncrease extends Span {
  increase: number;
  /** How often the counter fell. Each time it is taken to have started again from zero. */
  resets: number;
}

export function counterIncrease(rows: readonly TimelineRow[], name: string, window: Window): CounterIncrease | null {
  const points = pointsOf(rows, window, (row) => own(row.counters, name));
  const span = spanOf(points);
  if (span === null) return null;
  const result = { ...span, increase: 0, resets: 0 };
  for (const [before, after] of pairs(points)) {
    const step = counterStep(before.value, after.value);
    result.increase += step.increase;
    if (step.reset) result.resets++;
  }
  return result;
}

/** From one scrape to the next: a fall is a start from zero. */
export function counterStep(before: number, after: number): { increase: number; reset: boolean } {
  const reset = after < before;
  return { increase: reset ? after : after - before, reset };
}

export interface GaugeSummary extends Span {
  /** Weighted by time: between two scrapes the value is taken to go in a straight line. */
  mean: number;
  min: number;
  max: number;
}

/** One scrape is enough; then its value is mean, minimum and maximum. */
export function summariseGauge(rows: readonly TimelineRow[], name: string, window: Window): GaugeSummary | null {
  const points = pointsOf(rows, window, (row) => own(row.gauges, name));
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return null;
  let area = 0;
  for (const [before, after] of pairs(points)) area += ((before.value + after.value) / 2) * (after.atMs - before.atMs);
  const lengthMs = last.atMs - first.atMs;
  const values = points.map(({ value }) => value);
  return {
    mean: lengthMs > 0 ? area / lengthMs : first.value,
    min: values.reduce((a, b) => Math.min(a, b)),
    max: values.reduce((a, b) => Math.max(a, b)),
    fromMs: first.atMs,
    toMs: last.atMs,
    samples: points.length,
  };
}

export interface HistogramIncrease extends Span {
  /** What was added within the span, cumulative by bound as on the page. */
  histogram: CumulativeHistogram;
  resets: number;
}

/**
 * A histogram that shrank anywhere is taken to have started again from zero. Bounds that not every scrape has, as when the
 * server came back with others, are left out: counts are cumulative, so those at the common bounds stay exact.
 */
export function histogramIncrease(
  rows: readonly TimelineRow[],
  name: string,
  window: Window,
): HistogramIncrease | null {
  const points = pointsOf(rows, window, (row) => own(row.histograms, name));
  const span = spanOf(points);
  if (span === null) return null;
  const bounds = commonBounds(points.map(({ value }) => value));
  const histograms = points.map(({ atMs, value }) => ({ atMs, value: atBounds(value, bounds) }));
  const total: CumulativeHistogram = { sum: 0, count: 0, bounds, counts: bounds.map(() => 0) };
  let resets = 0;
  for (const [{ value: before }, { value: after }] of pairs(histograms)) {
    const step = histogramStep(before, after);
    if (step.reset) resets++;
    total.sum += step.increase.sum;
    total.count += step.increase.count;
    total.counts = total.counts.map((count, i) => count + (step.increase.counts[i] as number));
  }
  return { ...span, histogram: total, resets };
}

/** From one scrape to the next, at the bounds that both have: a histogram that shrank anywhere is a start from zero. */
export function histogramStep(
  earlier: CumulativeHistogram,
  later: CumulativeHistogram,
): { increase: CumulativeHistogram; reset: boolean } {
  const [before, after] = atCommonBounds(earlier, later);
  const reset = after.count < before.count || after.counts.some((count, i) => count < (before.counts[i] as number));
  if (reset) return { increase: after, reset };
  const counts = after.counts.map((count, i) => count - (before.counts[i] as number));
  return {
    increase: { sum: after.sum - before.sum, count: after.count - before.count, bounds: after.bounds, counts },
    reset,
  };
}

/** Both histograms at the bounds that both have: cumulative counts stay exact there. */
export function atCommonBounds(
  a: CumulativeHistogram,
  b: CumulativeHistogram,
): [CumulativeHistogram, CumulativeHistogram] {
  // Nearly always they are the same, and this runs at every scrape of a year.
  if (a.bounds.length === b.bounds.length && a.bounds.every((bound, i) => bound === b.bounds[i])) return [a, b];
  const bounds = commonBounds([a, b]);
  return [atBounds(a, bounds), atBounds(b, bounds)];
}

interface Point<Value> {
  atMs: number;
  value: Value;
}

function pointsOf<Value>(
  rows: readonly TimelineRow[],
  window: Window,
  read: (row: TimelineRow) => Value | undefined,
): Point<Value>[] {
  const points: Point<Value>[] = [];
  for (const row of rows) {
    if (row.t_ms < window.startMs || row.t_ms > window.endMs) continue;
    const value = read(row);
    if (value !== undefined) points.push({ atMs: row.t_ms, value });
  }
  return points;
}

function own<Value>(values: Record<string, Value>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function spanOf(points: readonly Point<unknown>[]): Span | null {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2) return null;
  return { fromMs: first.atMs, toMs: last.atMs, samples: points.length };
}

function* pairs<Value>(points: readonly Point<Value>[]): Generator<[Point<Value>, Point<Value>]> {
  for (let i = 1; i < points.length; i++) yield [points[i - 1] as Point<Value>, points[i] as Point<Value>];
}

function commonBounds(histograms: readonly CumulativeHistogram[]): (number | null)[] {
  const [first, ...others] = histograms;
  if (first === undefined) return [];
  const sets = others.map(({ bounds }) => new Set(bounds));
  return first.bounds.filter((bound) => sets.every((set) => set.has(bound)));
}

function atBounds(histogram: CumulativeHistogram, bounds: (number | null)[]): CumulativeHistogram {
  const counts = new Map(histogram.bounds.map((bound, i) => [bound, histogram.counts[i] as number]));
  return { ...histogram, bounds, counts: bounds.map((bound) => counts.get(bound) as number) };
}
