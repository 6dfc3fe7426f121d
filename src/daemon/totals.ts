/** What has been added since this daemon started: counters that only grow, whatever the engines behind them do. */
import { addHistograms } from "../metrics/interval.ts";
import type { IntervalSummary } from "../runs/schemas/history.ts";
import type { CumulativeHistogram } from "../runs/schemas/timeline.ts";

export interface Totals {
  add(this: void, interval: IntervalSummary): void;
  readonly counters: ReadonlyMap<string, number>;
  readonly histograms: ReadonlyMap<string, CumulativeHistogram>;
}

export function createTotals(): Totals {
  const counters = new Map<string, number>();
  const histograms = new Map<string, CumulativeHistogram>();
  return {
    add(interval) {
      for (const [name, { increase }] of interval.counters) counters.set(name, (counters.get(name) ?? 0) + increase);
      for (const [name, { histogram }] of interval.histograms) {
        const total = histograms.get(name);
        // Another engine's bounds: it begins again, which Prometheus takes for the restart that it is.
        const goesOn = total !== undefined && sameBounds(total, histogram);
        histograms.set(name, goesOn ? addHistograms(total, histogram) : histogram);
      }
    },
    ...{ counters, histograms },
  };
}

function sameBounds(a: CumulativeHistogram, b: CumulativeHistogram): boolean {
  return a.bounds.length === b.bounds.length && a.bounds.every((bound, i) => bound === b.bounds[i]);
}
