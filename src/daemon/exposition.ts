/**
 * The daemon's own metrics page. Its labels are an endpoint's place among the flags and the role that its flag gave it:
 * nothing that a page or a run says can become a label, or a name.
 */
import { scale, scaleHistogram } from "../metrics/combine.ts";
import { type LabelSet, writeExposition, type WrittenFamily } from "../metrics/exposition-text.ts";
import { type MetricDefinition, metricNames } from "../metrics/names.ts";
import { prometheusName } from "../metrics/prometheus-names.ts";
import { runMetricNames } from "../metrics/run-names.ts";
import type { HistoryDiskState } from "../runs/history-writer.ts";
import type { CumulativeHistogram } from "../runs/schemas/timeline.ts";
import { version } from "../version.ts";
import type { Totals } from "./totals.ts";
import type { EndpointState } from "./watch-endpoint.ts";

export interface ExpositionFacts {
  /** The wall clock, milliseconds since 1970. */
  startedMs: number;
  endpoints: readonly {
    role: string;
    origin: string;
    path: string;
    state: EndpointState;
    totals: Totals;
    lastGoodMs: number | null;
  }[];
  runs: { totals: Totals; followed: number; rows: number };
  disk: HistoryDiskState & { maxBytes: number };
  clock: { steps: number };
}

export function expositionText(facts: ExpositionFacts): string {
  return writeExposition([
    ...ownFamilies(facts),
    ...endpointFamilies(facts),
    ...seriesFamilies(facts),
    ...runFamilies(facts),
  ]);
}

type PlainSamples = { labels: LabelSet; value: number }[];
const gauge = (name: string, help: string, samples: PlainSamples): WrittenFamily => ({
  name,
  help,
  type: "gauge",
  samples,
});
const counter = (name: string, help: string, samples: PlainSamples): WrittenFamily => ({
  ...{ name, help, samples },
  type: "counter",
});
const one = (value: number): PlainSamples => [{ labels: {}, value }];

function ownFamilies({ startedMs, disk, clock, runs }: ExpositionFacts): WrittenFamily[] {
  return [
    gauge("inferguard_build_info", "The version of InferGuard; the value is always 1.", [
      { labels: { version }, value: 1 },
    ]),
    gauge("inferguard_start_time_seconds", "When the daemon started, seconds since 1970.", one(startedMs / 1000)),
    gauge("inferguard_history_bytes", "Bytes that the history takes on disk.", one(disk.bytes)),
    gauge("inferguard_history_limit_bytes", "Bytes that the history may take (--max-disk).", one(disk.maxBytes)),
    gauge(
      "inferguard_history_writable",
      "1 while the disk takes the history's rows, 0 while it does not.",
      one(disk.stopped === null ? 1 : 0),
    ),
    counter(
      "inferguard_history_lost_rows_total",
      "Rows of the history that the disk did not take.",
      one(disk.lostRows),
    ),
    counter(
      "inferguard_clock_steps_total",
      "Times that the wall clock was set, or the machine slept.",
      one(clock.steps),
    ),
    counter("inferguard_run_rows_read_total", "Rows read of runs that grow.", one(runs.rows)),
    gauge("inferguard_runs_followed", runMetricNames.runs_followed.description, one(runs.followed)),
  ];
}

function labelsOf({ role }: { role: string }, index: number): LabelSet {
  return { endpoint: String(index), role };
}

function endpointFamilies({ endpoints }: ExpositionFacts): WrittenFamily[] {
  const each = (value: (endpoint: (typeof endpoints)[number]) => number | null): PlainSamples =>
    endpoints.flatMap((endpoint, i) => {
      const found = value(endpoint);
      return found === null ? [] : [{ labels: labelsOf(endpoint, i), value: found }];
    });
  return [
    gauge(
      "inferguard_endpoint_info",
      "A watched metrics endpoint: scheme, host and port, and the engine whose names its page has; the value is always 1.",
      endpoints.map((endpoint, i) => ({
        labels: { ...labelsOf(endpoint, i), origin: endpoint.origin, engine: endpoint.state.engine ?? "" },
        value: 1,
      })),
    ),
    gauge(
      "inferguard_endpoint_up",
      "1 when the last scrape gave values, 0 when it failed.",
      each(({ state }) => (state.page === null ? 0 : 1)),
    ),
    counter(
      "inferguard_endpoint_scrapes_total",
      "Scrapes that were made.",
      each(({ state }) => state.scrapes),
    ),
    counter(
      "inferguard_endpoint_scrape_failures_total",
      "Scrapes that failed.",
      each(({ state }) => state.failures),
    ),
    counter(
      "inferguard_endpoint_scrapes_skipped_total",
      "Scrapes that were not made, as the one before was not over.",
      each(({ state }) => state.skipped),
    ),
    counter(
      "inferguard_endpoint_restarts_total",
      "Times that the endpoint's own counts began again.",
      each(({ state }) => state.restarts),
    ),
    gauge(
      "inferguard_endpoint_scrape_duration_seconds",
      "How long the last scrape took.",
      each(({ state }) => (state.scrapes === 0 ? null : state.durationMs / 1000)),
    ),
    gauge(
      "inferguard_endpoint_last_good_scrape_timestamp_seconds",
      "When a scrape last gave values, seconds since 1970.",
      each(({ lastGoodMs }) => (lastGoodMs === null ? null : lastGoodMs / 1000)),
    ),
  ];
}

/** Gauges are those of the last scrape, and gone when it failed; the rest is what was added since the start. */
function seriesFamilies({ endpoints }: ExpositionFacts): WrittenFamily[] {
  return Object.entries(metricNames).map(([name, definition]) =>
    family(
      name,
      definition,
      endpoints.map((endpoint, i) => ({
        labels: labelsOf(endpoint, i),
        value: own(endpoint.state.page?.gauges, name) ?? endpoint.totals.counters.get(name),
        histogram: endpoint.totals.histograms.get(name),
      })),
    ),
  );
}

function runFamilies({ runs: { totals } }: ExpositionFacts): WrittenFamily[] {
  return Object.entries(runMetricNames)
    .filter(([name]) => name !== "runs_followed")
    .map(([name, definition]) => {
      const histogram = totals.histograms.get(name);
      return family(name, definition, [
        {
          labels: {},
          value: totals.counters.get(name),
          histogram: histogram === undefined ? undefined : atFewerBounds(histogram),
        },
      ]);
    });
}

interface Values {
  labels: LabelSet;
  value: number | undefined;
  histogram: CumulativeHistogram | undefined;
}

function family(metric: string, definition: MetricDefinition, values: readonly Values[]): WrittenFamily {
  const { kind, description: help } = definition;
  const { name, factor } = prometheusName(metric, definition);
  if (kind === "histogram")
    return {
      ...{ name, help, type: kind },
      samples: values.flatMap(({ labels, histogram }) =>
        histogram === undefined ? [] : [{ labels, histogram: scaleHistogram(histogram, factor) }],
      ),
    };
  const samples = values.flatMap(({ labels, value }) =>
    value === undefined ? [] : [{ labels, value: scale(value, factor) }],
  );
  return { name, help, type: kind, samples };
}

/** Three to each power of ten: cumulative counts are as exact at some of the bounds as at all of them. */
function atFewerBounds({ bounds, counts, ...rest }: CumulativeHistogram): CumulativeHistogram {
  const kept = bounds.map((bound) => bound === null || /^(1|2|5)0*$/.test(String(bound)));
  return {
    ...rest,
    bounds: bounds.filter((_, i) => kept[i]),
    counts: counts.filter((_, i) => kept[i]),
  };
}

function own<Value>(values: Record<string, Value> | undefined, name: string): Value | undefined {
  return values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
}
