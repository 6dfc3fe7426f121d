/** What a daemon has seen over a span of time, as a view: for each endpoint its load, then its latencies. */
import type { ShowDocument, ShownSeries } from "../runs/schemas/daemon.ts";
import { claimMark, plainCell } from "./cells.ts";
import { metricCell } from "./engine-metrics.ts";
import { count, decimal, durationIn, moment, percent, spanOf } from "./format.ts";
import type { Cell, Column, Fact, Section, View } from "./model.ts";
import { printable } from "./printable.ts";
import { sparkline } from "./sparkline.ts";

type Endpoint = ShowDocument["endpoints"][number];
type Source = Omit<Endpoint, "role" | "origin" | "path">;

export function showView(document: ShowDocument): View {
  const { endpoints, runs, clock_steps, missing, since_ms, resolution } = document;
  const resolutionText = { raw: "every sample", "10s": "10 s", "1m": "1 min" }[resolution];
  const notes: Fact[] = [
    ...clock_steps.map(({ at, step_ms }): Fact => ({
      label: "Clock",
      text: `the wall clock was set by ${decimal(step_ms / 1000)} s at ${moment(at)}, or the machine slept`,
      tone: "warn",
    })),
    ...missing.map(({ what, why }): Fact => ({
      label: "Missing",
      text: `${printable(what, 400)}: ${printable(why, 400)}`,
      tone: "warn",
    })),
  ];
  return {
    title: `The last ${spanOf(since_ms)}, until ${moment(document.to)} (resolution: ${resolutionText})`,
    alerts: [],
    headline: [],
    sections: [
      ...endpoints.flatMap((endpoint, i) => sourceSections(endpointTitle(endpoint, i), endpoint)),
      ...(runs === null ? [] : sourceSections("Runs in the runs directory", runs)),
      ...(notes.length === 0 ? [] : [section({ facts: notes })]),
    ],
  };
}

function endpointTitle({ role, origin, path, engine }: Endpoint, place: number): string {
  const what = engine === null ? printable(role) : `${printable(role)}, ${printable(engine)}`;
  return `${place}: ${what} at ${printable(origin + path)}`;
}

function sourceSections(heading: string, source: Source): Section[] {
  const load = source.series.filter((series) => series.kind !== "distribution");
  const latencies = source.series.filter((series) => series.kind === "distribution");
  const facts = sourceFacts(source);
  const tables = [
    load.length === 0 ? null : { columns: loadColumns, rows: load.map(loadRow) },
    latencies.length === 0 ? null : { columns: latencyColumns, rows: latencies.map(latencyRow) },
  ].filter((table) => table !== null);
  const [first = null, ...others] = tables;
  return [
    section({ heading, table: first, facts: others.length === 0 ? facts : [] }),
    ...others.map((table, i) => section({ table, facts: i === others.length - 1 ? facts : [] })),
  ];
}

function sourceFacts({ samples, failed, last_error, restarts, no_data_since }: Source): Fact[] {
  const why = last_error === null ? "" : `: ${printable(last_error)}`;
  if (samples === 0) return [{ label: "No data", text: `in this time${why}`, tone: "bad" }];
  return [
    ...(no_data_since === null
      ? []
      : [{ label: "No data since", text: `${moment(no_data_since)}${why}`, tone: "bad" as const }]),
    ...(failed === 0
      ? []
      : [
          {
            label: "Failed",
            text: `${count(failed)} of ${count(samples + failed)} scrapes${why}`,
            tone: "warn" as const,
          },
        ]),
    ...(restarts === 0
      ? []
      : [{ label: "Restarts", text: `${count(restarts)}: its counts began again from zero`, tone: "warn" as const }]),
  ];
}

const loadColumns: Column[] = [
  { ...column("", 0), align: "left" },
  column("last", 0),
  column("mean", 0),
  column("min", 4),
  column("max", 1),
  column("increase", 3),
  column("samples", 5),
  { ...column("course", 2), align: "left" },
];

function loadRow(series: Exclude<ShownSeries, { kind: "distribution" }>): Cell[] {
  const value = (of: number | null) => metricCell({ unit: series.unit }, of);
  const latest = series.points.findLast((point) => point !== null) ?? null;
  if (series.kind === "gauge") {
    const top = series.unit === "ratio" ? 1 : undefined;
    return [
      plainCell(nameOf(series)),
      ...[series.last, series.mean, series.min, series.max].map(value),
      plainCell(""),
      plainCell(count(series.samples)),
      plainCell(sparkline(series.points, top)),
    ];
  }
  if (series.kind === "ratio")
    return [
      plainCell(nameOf(series)),
      plainCell(latest === null ? "" : percent(latest)),
      plainCell(series.value === null ? "" : percent(series.value)),
      ...[1, 2].map(() => plainCell("")),
      plainCell(`of ${count(Math.round(series.of))}`),
      plainCell(""),
      plainCell(sparkline(series.points, 1)),
    ];
  return [
    plainCell(`${nameOf(series)}/s`),
    plainCell(latest === null ? "" : decimal(latest)),
    plainCell(decimal(series.mean)),
    ...[1, 2].map(() => plainCell("")),
    plainCell(count(Math.round(series.increase))),
    plainCell(""),
    plainCell(sparkline(series.points)),
  ];
}

const latencyColumns: Column[] = [
  { ...column("", 0), align: "left" },
  { ...column("mean", 0), unit: "ms" },
  { ...column("p50", 0), unit: "ms" },
  { ...column("p90", 1), unit: "ms" },
  { ...column("p99", 0), unit: "ms" },
  column("samples", 3),
  { ...column("course of the mean", 2), align: "left" },
];

function latencyRow(series: Extract<ShownSeries, { kind: "distribution" }>): Cell[] {
  return [
    plainCell(nameOf(series)),
    plainCell(series.mean === null ? "" : durationIn(series.mean, "ms")),
    ...[series.p50, series.p90, series.p99].map(estimateCell),
    plainCell(count(series.samples)),
    plainCell(series.samples === 0 ? "" : sparkline(series.points)),
  ];
}

/** A percentile's bucket can be so wide that a value within it would be a guess: then its upper bound is what is known. */
const widest = 1.5;

function estimateCell(estimate: Extract<ShownSeries, { kind: "distribution" }>["p50"]): Cell {
  if (estimate === null) return plainCell("");
  const { value, low, high } = estimate;
  if (value === null || high === null) return plainCell(low === null ? "" : `>${durationIn(low, "ms")}`);
  if (low === null || high > widest * low) return plainCell(`≤${durationIn(high, "ms")}`);
  const mark = claimMark("inferred");
  return {
    text: `${mark}${durationIn(value, "ms")}`,
    note: { mark, text: "interpolated within one bucket of a histogram" },
  };
}

const names: Readonly<Record<string, string>> = {
  requests_running: "running requests",
  requests_waiting: "waiting requests",
  requests_finished: "requests finished",
  requests_failed: "requests failed",
  prompt_tokens: "input tokens",
  generation_tokens: "output tokens",
  kv_cache_usage: "KV cache usage",
  prefix_cache_hit_rate: "prefix cache hit rate",
  gpu_utilization: "GPU utilization",
  gpu_memory_used_bytes: "GPU memory in use",
  gpu_power_w: "GPU power",
  gpu_temperature_c: "hottest GPU",
  ttft_ms: "TTFT",
  inter_token_latency_ms: "gap between tokens",
  tpot_ms: "TPOT",
  queue_time_ms: "time in the queue",
  e2e_ms: "E2E",
  bench_ttft_ms: "bench TTFT",
  bench_tpot_ms: "bench TPOT",
  bench_e2e_ms: "bench E2E",
  trace_ttft_ms: "trace TTFT",
  trace_tpot_ms: "trace TPOT",
  trace_tool_ms: "time of a tool call",
};

function nameOf({ name }: ShownSeries): string {
  return Object.hasOwn(names, name) ? (names[name] as string) : printable(name).replaceAll("_", " ");
}

function column(label: string, drop: number): Column {
  return { group: null, label, unit: null, align: "right", drop };
}

function section(part: Partial<Section>): Section {
  return { heading: null, depth: "summary", table: null, facts: [], notes: [], ...part };
}
