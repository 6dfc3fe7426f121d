/** Which of the metrics of engines and GPUs explain a latency, what a report calls them, and how each unit is written. */
import type { MetricName } from "../metrics/names.ts";
import type { LevelSummary } from "../runs/schemas/summary.ts";
import { bytes, count, decimal, duration, percent } from "./format.ts";
import type { Cell } from "./model.ts";
import { printable } from "./printable.ts";

export type ServerMetric = LevelSummary["server"][number];

interface Explaining {
  metric: MetricName;
  name: string;
  /** Over a column; `drop` as every column has it. */
  short: string;
  drop: number;
  /** What the levels of a sweep are compared by. */
  statistics: readonly ("mean" | "max" | "increase")[];
}

/** In the order in which trouble shows. */
export const explaining: readonly Explaining[] = [
  { metric: "requests_running", name: "running requests", short: "running", drop: 0, statistics: ["mean", "max"] },
  { metric: "requests_waiting", name: "waiting requests", short: "waiting", drop: 0, statistics: ["mean", "max"] },
  { metric: "kv_cache_usage", name: "KV cache usage", short: "KV cache", drop: 1, statistics: ["max"] },
  { metric: "preemptions", name: "preemptions", short: "preemptions", drop: 3, statistics: ["increase"] },
  { metric: "gpu_utilization", name: "GPU utilization", short: "utilization", drop: 0, statistics: ["mean", "max"] },
  { metric: "gpu_memory_used_bytes", name: "GPU memory in use", short: "memory", drop: 1, statistics: ["max"] },
  { metric: "gpu_power_w", name: "GPU power", short: "power", drop: 2, statistics: ["mean"] },
];

export function metricName({ metric }: ServerMetric): string {
  return explaining.find((known) => known.metric === metric)?.name ?? printable(metric).replaceAll("_", " ");
}

export function metricCell({ unit }: Pick<ServerMetric, "unit">, value: number | null): Cell {
  if (value === null) return { text: "" };
  const written = Object.hasOwn(units, unit) ? units[unit] : undefined;
  return { text: written === undefined ? number(value) : written(value) };
}

/** Prefix cache hits over look-ups of one level. Null without look-ups: 0 of 0 is not a rate. */
export function hitRateOf(metrics: readonly ServerMetric[]): Cell | null {
  const increase = (name: MetricName) => metrics.find(({ metric }) => metric === name)?.increase ?? null;
  const rate = (hits: number | null, queries: number | null) =>
    hits === null || queries === null || queries <= 0 ? null : { text: percent(hits / queries) };
  const blocks = increase("prefix_cache_hits_blocks");
  const misses = increase("prefix_cache_misses_blocks");
  return (
    rate(increase("prefix_cache_hits_tokens"), increase("prefix_cache_queries_tokens")) ??
    rate(blocks, blocks === null || misses === null ? null : blocks + misses)
  );
}

/** Units that a value does not go without; a count of requests or tokens is told by its name. */
const units: Record<string, (value: number) => string> = {
  ratio: percent,
  ms: duration,
  bytes,
  "bytes/s": (value) => `${bytes(value)}/s`,
  W: (value) => `${number(value)} W`,
  J: (value) => `${number(value)} J`,
  "°C": (value) => `${number(value)} °C`,
  MHz: (value) => `${number(value)} MHz`,
};

function number(value: number): string {
  return Number.isInteger(value) ? count(value) : decimal(value);
}
