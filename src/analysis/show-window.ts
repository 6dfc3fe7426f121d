/**
 * What each source said over a span of time, from the intervals of a history. Everything comes from what was added and
 * what was seen within the span: never from a count's whole life. Intervals are folded in as they are read.
 */
import { emptyInterval, mergeInterval } from "../metrics/interval.ts";
import { type MetricName, metricNames } from "../metrics/names.ts";
import { estimateQuantile } from "../metrics/quantile-estimate.ts";
import { type RunMetricName, runMetricNames } from "../metrics/run-names.ts";
import type { ShownSeries } from "../runs/schemas/daemon.ts";
import type { IntervalSummary } from "../runs/schemas/history.ts";

export interface ShowWindow {
  add(this: void, interval: IntervalSummary): void;
  /** Of a source, or of the runs (null); null when nothing of it is in the span. */
  source(this: void, source: number | null): ShownSource | null;
}

export interface ShownSource {
  engine: string | null;
  samples: number;
  failed: number;
  lastError: string | null;
  restarts: number;
  lastSampleMs: number | null;
  series: ShownSeries[];
}

interface Collected {
  whole: IntervalSummary;
  parts: Map<number, IntervalSummary>;
  lastSampleMs: number | null;
}

/** @param parts how many equal parts the span is cut into, for a line that shows its course */
export function createShowWindow(fromMs: number, toMs: number, parts: number): ShowWindow {
  const collected = new Map<number | null, Collected>();
  const partMs = (toMs - fromMs) / parts;
  return {
    add(interval) {
      const { source, endMs } = interval;
      let its = collected.get(source);
      if (its === undefined)
        collected.set(
          source,
          (its = { whole: emptyInterval(source, toMs, toMs - fromMs), parts: new Map(), lastSampleMs: null }),
        );
      mergeInterval(its.whole, interval);
      if (interval.samples > 0) its.lastSampleMs = Math.max(its.lastSampleMs ?? -Infinity, Math.min(endMs, toMs));
      const index = Math.min(parts - 1, Math.max(0, Math.ceil((endMs - fromMs) / partMs) - 1));
      let part = its.parts.get(index);
      if (part === undefined) its.parts.set(index, (part = emptyInterval(source, endMs, partMs)));
      mergeInterval(part, interval);
    },
    source(source) {
      const its = collected.get(source);
      if (its === undefined) return null;
      const { whole, lastSampleMs } = its;
      const partList = Array.from({ length: parts }, (_, i) => its.parts.get(i) ?? null);
      return {
        ...{ engine: whole.engine, samples: whole.samples, failed: whole.failed, lastError: whole.error },
        ...{ restarts: whole.resets, lastSampleMs },
        series: (source === null ? runSeries : engineSeries).flatMap((shown) => shown(whole, partList)),
      };
    },
  };
}

type Shown = (whole: IntervalSummary, parts: readonly (IntervalSummary | null)[]) => ShownSeries[];
type Name = MetricName | RunMetricName;

const unitOf = (name: Name) => ({ ...metricNames, ...runMetricNames })[name].unit;

const gauge =
  (name: Name): Shown =>
  (whole, parts) => {
    const found = whole.gauges.get(name);
    if (found === undefined) return [];
    const { samples, last, mean, min, max } = found;
    const points = parts.map((part) => part?.gauges.get(name)?.mean ?? null);
    return [{ kind: "gauge", name, unit: unitOf(name), samples, last, mean, min, max, points }];
  };

const rate =
  (name: Name): Shown =>
  (whole, parts) => {
    const found = whole.counters.get(name);
    if (found === undefined || !(found.coveredMs > 0)) return [];
    const perSecond = (part: IntervalSummary | null) => {
      const counter = part?.counters.get(name);
      return counter === undefined || !(counter.coveredMs > 0) ? null : (counter.increase / counter.coveredMs) * 1000;
    };
    return [
      {
        ...{ kind: "rate", name, unit: unitOf(name), increase: found.increase, covered_ms: found.coveredMs },
        ...{ mean: perSecond(whole) ?? 0, points: parts.map(perSecond) },
      },
    ];
  };

/** The first pair that the engine counts: what was found, and what was looked up. */
const ratio =
  (name: string, pairs: readonly { hits: Name; of: readonly Name[] }[]): Shown =>
  (whole, parts) => {
    const pair = pairs.find(({ hits, of }) => [hits, ...of].every((each) => whole.counters.has(each)));
    if (pair === undefined) return [];
    const increase = (part: IntervalSummary, each: Name) => part.counters.get(each)?.increase ?? 0;
    const lookedUp = (part: IntervalSummary) => pair.of.reduce((sum, each) => sum + increase(part, each), 0);
    const value = (part: IntervalSummary | null) =>
      part === null || !(lookedUp(part) > 0) ? null : increase(part, pair.hits) / lookedUp(part);
    return [{ kind: "ratio", name, unit: "ratio", of: lookedUp(whole), value: value(whole), points: parts.map(value) }];
  };

const distribution =
  (name: Name): Shown =>
  (whole, parts) => {
    const found = whole.histograms.get(name);
    if (found === undefined) return [];
    const { histogram } = found;
    const mean = (part: IntervalSummary | null) => {
      const its = part?.histograms.get(name)?.histogram;
      return its === undefined || !(its.count > 0) ? null : its.sum / its.count;
    };
    const estimates = [0.5, 0.9, 0.99].map((q) => estimateQuantile(histogram, q));
    const [p50, p90, p99] = estimates.map((each) =>
      each === null ? null : { value: each.value, low: each.low, high: each.high },
    );
    const worst = estimates.at(-1) ?? null;
    return [
      {
        ...{ kind: "distribution", name, unit: unitOf(name), samples: histogram.count, mean: mean(whole) },
        ...{ p50: p50 ?? null, p90: p90 ?? null, p99: p99 ?? null },
        claim: worst?.claim ?? "not_proven",
        why: worst?.why ?? "nothing was added within the span",
        points: parts.map(mean),
      },
    ];
  };

/** In the order in which trouble shows. */
const engineSeries: readonly Shown[] = [
  gauge("requests_running"),
  gauge("requests_waiting"),
  rate("requests_finished"),
  rate("requests_failed"),
  rate("prompt_tokens"),
  rate("generation_tokens"),
  gauge("kv_cache_usage"),
  rate("preemptions"),
  ratio("prefix_cache_hit_rate", [
    { hits: "prefix_cache_hits_tokens", of: ["prefix_cache_queries_tokens"] },
    { hits: "prefix_cache_hits_blocks", of: ["prefix_cache_hits_blocks", "prefix_cache_misses_blocks"] },
  ]),
  gauge("gpu_utilization"),
  gauge("gpu_memory_used_bytes"),
  gauge("gpu_power_w"),
  gauge("gpu_temperature_c"),
  distribution("ttft_ms"),
  distribution("inter_token_latency_ms"),
  distribution("tpot_ms"),
  distribution("queue_time_ms"),
  distribution("e2e_ms"),
];

const runSeries: readonly Shown[] = [
  gauge("runs_followed"),
  rate("bench_requests"),
  rate("bench_failures"),
  rate("bench_output_tokens"),
  rate("trace_model_calls"),
  rate("trace_failures"),
  rate("trace_tool_calls"),
  rate("trace_output_tokens"),
  distribution("bench_ttft_ms"),
  distribution("bench_tpot_ms"),
  distribution("bench_e2e_ms"),
  distribution("trace_ttft_ms"),
  distribution("trace_tpot_ms"),
  distribution("trace_tool_ms"),
];
