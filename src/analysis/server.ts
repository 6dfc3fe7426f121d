/**
 * What the engine and the GPUs said of themselves during one level. A series that a page did not have is absent here
 * too: it is never zero.
 */
import { metricDefinition } from "../metrics/names.ts";
import { counterIncrease, histogramIncrease, summariseGauge } from "../metrics/series.ts";
import type { BenchRun } from "../runs/schemas/run.ts";
import type { LevelSummary } from "../runs/schemas/summary.ts";
import type { TimelineRow } from "../runs/schemas/timeline.ts";
import { rounded } from "./figures.ts";
import type { Span } from "./in-flight.ts";
import type { LevelRows } from "./level-rows.ts";

type ServerMetric = LevelSummary["server"][number];
type Values = Pick<ServerMetric, "mean" | "max" | "increase">;

/** Gauges over the headline's window; counters over the whole level, from the scrape before it to the one after it. */
export function serverOf(
  timeline: readonly TimelineRow[],
  rows: LevelRows,
  window: Span,
  run: BenchRun,
): ServerMetric[] {
  const { span } = rows;
  if (span === null) return [];
  const bySource = Map.groupBy(timeline, (row) => row.source);
  return [...bySource.keys()].sort(ascending).flatMap((source) => {
    const scrapes = (bySource.get(source) ?? []).toSorted((a, b) => a.t_ms - b.t_ms);
    const role = run.plan.metrics[source]?.role ?? "unknown";
    return valuesOf(scrapes, window, around(scrapes, span)).map(([metric, values]) => {
      const unit = metricDefinition(metric)?.unit ?? "";
      return { source, role, metric, unit, ...values };
    });
  });
}

function valuesOf(scrapes: readonly TimelineRow[], gaugeWindow: Span, counterWindow: Span): [string, Values][] {
  const found: [string, Values | null][] = [
    ...namesIn(scrapes, "gauges").map((name): [string, Values | null] => {
      const gauge = summariseGauge(scrapes, name, gaugeWindow);
      return [name, gauge && { mean: rounded(gauge.mean), max: rounded(gauge.max), increase: null }];
    }),
    ...namesIn(scrapes, "counters").map((name): [string, Values | null] => {
      const counter = counterIncrease(scrapes, name, counterWindow);
      return [name, counter && { mean: null, max: null, increase: rounded(counter.increase) }];
    }),
    // The mean is the sum's increase over the count's: exact, whatever the buckets are.
    ...namesIn(scrapes, "histograms").map((name): [string, Values | null] => {
      const added = histogramIncrease(scrapes, name, counterWindow)?.histogram;
      if (added === undefined) return [name, null];
      return [
        name,
        { mean: added.count > 0 ? rounded(added.sum / added.count) : null, max: null, increase: added.count },
      ];
    }),
  ];
  return found.flatMap(([name, values]): [string, Values][] => (values === null ? [] : [[name, values]]));
}

/** As far as there are scrapes before and after. */
function around(scrapes: readonly TimelineRow[], span: Span): Span {
  const before = scrapes.findLast((row) => row.error === null && row.t_ms <= span.startMs);
  const after = scrapes.find((row) => row.error === null && row.start_ms >= span.endMs);
  return { startMs: before?.t_ms ?? span.startMs, endMs: after?.t_ms ?? span.endMs };
}

function namesIn(scrapes: readonly TimelineRow[], kind: "gauges" | "counters" | "histograms"): string[] {
  return [...new Set(scrapes.flatMap((row) => Object.keys(row[kind])))].sort();
}

function ascending(a: number, b: number): number {
  return a - b;
}
