/** The names of what is counted in the rows of runs that grow: measured by InferGuard's clients, not by an engine. */
import type { IntervalSummary } from "../runs/schemas/history.ts";
import type { CumulativeHistogram } from "../runs/schemas/timeline.ts";
import type { MetricDefinition } from "./names.ts";

const counter = (unit: string, description: string) =>
  ({ kind: "counter", unit, combine: "sum", description }) as const;
const histogram = (unit: string, description: string) =>
  ({ kind: "histogram", unit, combine: "sum", description }) as const;

export const runMetricNames = {
  runs_followed: {
    kind: "gauge",
    unit: "runs",
    combine: "sum",
    description: "Runs whose rows are read as they grow.",
  },
  bench_requests: counter("requests", "Requests of load tests that ended, whatever their end."),
  bench_failures: counter("requests", "Requests of load tests that failed."),
  bench_input_tokens: counter("tokens", "Input tokens of answered requests of load tests, as the server counts them."),
  bench_output_tokens: counter(
    "tokens",
    "Output tokens of answered requests of load tests, as the server counts them.",
  ),
  bench_ttft_ms: histogram("ms", "Time to first token of answered requests of load tests."),
  bench_tpot_ms: histogram("ms", "Mean time per output token of answered requests of load tests."),
  bench_e2e_ms: histogram("ms", "From sent to end of answered requests of load tests."),
  trace_model_calls: counter("calls", "Model calls of traced agents that ended, whatever their end."),
  trace_failures: counter("calls", "Model calls of traced agents that failed."),
  trace_input_tokens: counter("tokens", "Input tokens of answered model calls, as the server counts them."),
  trace_output_tokens: counter("tokens", "Output tokens of answered model calls, as the server counts them."),
  trace_ttft_ms: histogram("ms", "Time to first token of answered model calls."),
  trace_tpot_ms: histogram("ms", "Mean time per output token of answered model calls."),
  trace_tool_calls: counter("calls", "Tool calls of traced agents that ended."),
  trace_tool_ms: histogram("ms", "From the reply that asked for a tool to the request with its result."),
  trace_tool_stall_ms: counter("ms", "Time in which no model call was under way and a tool was."),
} as const satisfies Record<string, MetricDefinition>;

export type RunMetricName = keyof typeof runMetricNames;
type NameOf<Kind extends MetricDefinition["kind"]> = {
  [Name in RunMetricName]: (typeof runMetricNames)[Name]["kind"] extends Kind ? Name : never;
}[RunMetricName];
export type RunCounter = NameOf<"counter">;
export type RunHistogram = NameOf<"histogram">;

/** Ten to each power of ten, from 1 ms to 1,000 s: a percentile read back lies within its bucket. */
export const runBoundsMs: readonly (number | null)[] = [
  ...[1, 10, 100, 1000, 10_000, 100_000].flatMap((power) =>
    [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8].map((step) => step * power),
  ),
  1_000_000,
  null,
];

/** What the rows that were read since the last time come to. */
export interface RunTally {
  count(this: void, name: RunCounter, by?: number): void;
  observe(this: void, name: RunHistogram, ms: number): void;
  /** What was added, over the time since the tally before; it begins again from nothing. */
  take(this: void, interval: IntervalSummary, coveredMs: number): IntervalSummary;
}

export function createRunTally(): RunTally {
  let counters = new Map<RunCounter, number>();
  let histograms = new Map<RunHistogram, CumulativeHistogram>();
  const all = Object.entries(runMetricNames) as [RunMetricName, MetricDefinition][];
  return {
    count(name, by = 1) {
      counters.set(name, (counters.get(name) ?? 0) + by);
    },
    observe(name, ms) {
      let total = histograms.get(name);
      if (total === undefined) histograms.set(name, (total = emptyHistogram()));
      total.sum += ms;
      total.count++;
      // Cumulative: every bound from the first that is not below it.
      const first = runBoundsMs.findIndex((bound) => bound === null || ms <= bound);
      for (let i = first; i < total.counts.length; i++) total.counts[i] = (total.counts[i] as number) + 1;
    },
    take(interval, coveredMs) {
      for (const [name, { kind }] of all) {
        if (kind === "counter")
          interval.counters.set(name, { increase: counters.get(name as RunCounter) ?? 0, coveredMs });
        if (kind === "histogram")
          interval.histograms.set(name, {
            histogram: histograms.get(name as RunHistogram) ?? emptyHistogram(),
            coveredMs,
          });
      }
      counters = new Map();
      histograms = new Map();
      return { ...interval, samples: 1, coveredMs };
    },
  };
}

function emptyHistogram(): CumulativeHistogram {
  return { sum: 0, count: 0, bounds: [...runBoundsMs], counts: runBoundsMs.map(() => 0) };
}
