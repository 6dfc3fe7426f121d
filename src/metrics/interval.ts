/**
 * What a source said over an interval, in a form that merges: the summary of a minute is the merge of those of its
 * seconds. Counters and histograms are increases, exact whatever the interval; gauges keep minimum, mean, maximum and last.
 */
import type { HistogramInterval, IntervalSummary } from "../runs/schemas/history.ts";
import type { CumulativeHistogram, TimelineRow } from "../runs/schemas/timeline.ts";
import { atCommonBounds, counterStep, histogramStep } from "./series.ts";

export function emptyInterval(source: number | null, endMs: number, lengthMs: number): IntervalSummary {
  return {
    ...{ source, endMs, lengthMs, engine: null, samples: 0, failed: 0, error: null, coveredMs: 0, resets: 0 },
    ...{ gauges: new Map(), counters: new Map(), histograms: new Map() },
  };
}

/**
 * One scrape, with what was added since `before`, the last good one. A page of another engine counts other things, so
 * nothing has been added since then.
 */
export function intervalOfScrape(
  before: TimelineRow | null,
  row: TimelineRow,
  endMs: number,
  lengthMs: number,
): IntervalSummary {
  const interval = emptyInterval(row.source, endMs, lengthMs);
  if (row.error !== null) return { ...interval, failed: 1, error: row.error };
  interval.samples = 1;
  interval.engine = row.engine;
  for (const [name, value] of Object.entries(row.gauges))
    interval.gauges.set(name, { min: value, mean: value, max: value, last: value, samples: 1 });
  if (before === null || before.engine !== row.engine) return interval;
  const coveredMs = row.t_ms - before.t_ms;
  let reset = false;
  for (const [name, value] of Object.entries(row.counters)) {
    const earlier = own(before.counters, name);
    if (earlier === undefined) continue;
    const step = counterStep(earlier, value);
    reset ||= step.reset;
    interval.counters.set(name, { increase: step.increase, coveredMs });
  }
  for (const [name, value] of Object.entries(row.histograms)) {
    const earlier = own(before.histograms, name);
    if (earlier === undefined) continue;
    const step = histogramStep(earlier, value);
    reset ||= step.reset;
    interval.histograms.set(name, { histogram: step.increase, coveredMs });
  }
  return { ...interval, coveredMs, resets: reset ? 1 : 0 };
}

/** Adds `part` to `into`; `part` is the later one. */
export function mergeInterval(into: IntervalSummary, part: IntervalSummary): void {
  into.samples += part.samples;
  into.failed += part.failed;
  into.error = part.error ?? into.error;
  into.engine = part.engine ?? into.engine;
  into.coveredMs += part.coveredMs;
  into.resets += part.resets;
  for (const [name, gauge] of part.gauges) {
    const earlier = into.gauges.get(name);
    if (earlier === undefined) into.gauges.set(name, { ...gauge });
    else {
      const samples = earlier.samples + gauge.samples;
      into.gauges.set(name, {
        min: Math.min(earlier.min, gauge.min),
        mean: (earlier.mean * earlier.samples + gauge.mean * gauge.samples) / samples,
        max: Math.max(earlier.max, gauge.max),
        last: gauge.last,
        samples,
      });
    }
  }
  for (const [name, { increase, coveredMs }] of part.counters) {
    const earlier = into.counters.get(name) ?? { increase: 0, coveredMs: 0 };
    into.counters.set(name, { increase: earlier.increase + increase, coveredMs: earlier.coveredMs + coveredMs });
  }
  for (const [name, added] of part.histograms) {
    const earlier = into.histograms.get(name);
    into.histograms.set(name, earlier === undefined ? { ...added } : mergeHistograms(earlier, added));
  }
}

function mergeHistograms(a: HistogramInterval, b: HistogramInterval): HistogramInterval {
  return { histogram: addHistograms(a.histogram, b.histogram), coveredMs: a.coveredMs + b.coveredMs };
}

/** The sum of two; where their bounds differ the common ones stay. One that is empty has no bounds to insist on. */
export function addHistograms(a: CumulativeHistogram, b: CumulativeHistogram): CumulativeHistogram {
  if (b.count === 0) return a;
  if (a.count === 0) return b;
  const [first, second] = atCommonBounds(a, b);
  return {
    sum: a.sum + b.sum,
    count: a.count + b.count,
    bounds: first.bounds,
    counts: first.counts.map((value, i) => value + (second.counts[i] as number)),
  };
}

function own<Value>(values: Record<string, Value>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
