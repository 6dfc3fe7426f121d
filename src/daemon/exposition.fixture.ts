/** For tests: the facts of a daemon that has seen everything that there is a name for. */
import { metricNames } from "../metrics/names.ts";
import { runMetricNames } from "../metrics/run-names.ts";
import type { MetricDefinition } from "../metrics/names.ts";
import type { ExpositionFacts } from "./exposition.ts";
import { createTotals, type Totals } from "./totals.ts";
import { emptyInterval } from "../metrics/interval.ts";

const histogram = { sum: 1500, count: 3, bounds: [100, 1000, null], counts: [1, 2, 3] };

function totalsOf(names: Readonly<Record<string, MetricDefinition>>): Totals {
  const interval = emptyInterval(0, 1000, 1000);
  for (const [name, { kind }] of Object.entries(names))
    if (kind === "counter") interval.counters.set(name, { increase: 2000, coveredMs: 1000 });
    else if (kind === "histogram") interval.histograms.set(name, { histogram, coveredMs: 1000 });
  const totals = createTotals();
  totals.add(interval);
  return totals;
}

export function fullFacts(role = "engine"): ExpositionFacts {
  const gauges = Object.fromEntries(
    Object.entries(metricNames).flatMap(([name, { kind }]) => (kind === "gauge" ? [[name, 0.5]] : [])),
  );
  const page = {
    ...{ start_ms: 0, t_ms: 5, source: 0, engine: "vllm", counters: {}, histograms: {} },
    gauges,
    error: null,
  };
  const state = {
    ...{ engine: "vllm", lastGoodMs: 1000, page, durationMs: 5, scrapes: 10, failures: 1, consecutiveFailures: 0 },
    ...{ lastError: null, skipped: 2, restarts: 1 },
  };
  const endpoint = { role, origin: "http://127.0.0.1:8000", path: "/metrics", state, lastGoodMs: 1_700_000_000_000 };
  return {
    startedMs: 1_700_000_000_000,
    endpoints: [0, 1].map(() => ({ ...endpoint, totals: totalsOf(metricNames) })),
    runs: { totals: totalsOf(runMetricNames), followed: 1, rows: 20 },
    disk: { bytes: 5, maxBytes: 10, oldestMs: null, stopped: null, lostRows: 0 },
    clock: { steps: 0 },
  };
}
