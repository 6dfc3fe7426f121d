/** Summaries for the tests of the report: plausible, whole, and easy to change in one place. */
import type { Distribution, Figure, LevelSummary, Summary } from "../runs/schemas/summary.ts";

export function figure(value: number | null, unit: string, overrides: Partial<Figure> = {}): Figure {
  return { value, unit, claim: "measured", why: null, ...overrides };
}

/** A distribution around `p50`; percentiles that `samples` cannot bear are null, as the analysis gives them. */
export function distribution(p50: number, samples: number, overrides: Partial<Distribution> = {}): Distribution {
  const at = (factor: number, needs: number) => {
    const value = samples >= needs ? p50 * factor : null;
    return { value, needs, interval: value === null ? null : ([value * 0.97, value * 1.04] as [number, number]) };
  };
  return {
    unit: "ms",
    claim: "measured",
    why: null,
    samples,
    mean: p50 * 1.1,
    min: p50 * 0.5,
    max: p50 * 3.3,
    p50: at(1, 11),
    p90: at(1.6, 64),
    p95: at(1.9, 130),
    p99: at(2.6, 662),
    p999: at(3.1, 6636),
    ...overrides,
  };
}

export function noDistribution(why: string, unit: "ms" | "tokens" = "ms"): Distribution {
  const none = (needs: number) => ({ value: null, needs, interval: null });
  return {
    unit,
    claim: "not_proven",
    why,
    samples: 0,
    mean: null,
    min: null,
    max: null,
    p50: none(11),
    p90: none(64),
    p95: none(130),
    p99: none(662),
    p999: none(6636),
  };
}

/** A level of `requests` requests that all went well, `slowness` times as slow as the quickest. */
export function level(place: number, load: string, requests: number, slowness: number): LevelSummary {
  const rate = 3.1 * (place + 1);
  return {
    level: place,
    load,
    window: { kind: "steady", start_ms: 2100, end_ms: 58_200, why: null },
    requests: { total: requests, ok: requests, error: 0, cancelled: 0, not_sent: 0, errors: [], warmup: 16 },
    latency: {
      ttft: distribution(120 * slowness, requests),
      ttft_reasoning: noDistribution("no reasoning"),
      ttft_content: distribution(120 * slowness, requests),
      ttft_tool: noDistribution("no tool call"),
      tpot: distribution(11.2 * slowness, requests, {
        claim: "inferred",
        why: "the first event is taken to carry one token",
      }),
      event_gap: distribution(11.04 * slowness, requests * 127),
      itl: distribution(11.04 * slowness, requests * 127, {
        claim: "inferred",
        why: "each event is taken to carry one token",
      }),
      e2e: distribution(1540 * slowness, requests),
      connect: distribution(0.21, 16),
      ttft_from_intended: distribution(121 * slowness, requests),
      e2e_from_intended: distribution(1541 * slowness, requests),
    },
    throughput: {
      requests_per_s: figure(rate, "requests/s"),
      output_tokens_per_s: figure(rate * 128, "tokens/s"),
      input_tokens_per_s: figure(rate * 512, "tokens/s"),
      whole_requests_per_s: figure(rate * 0.93, "requests/s"),
      whole_output_tokens_per_s: figure(rate * 128 * 0.93, "tokens/s"),
      whole_input_tokens_per_s: figure(rate * 512 * 0.93, "tokens/s"),
      output_tokens_per_s_per_gpu: null,
      goodput_requests_per_s: null,
      good_fraction: null,
    },
    tokens: {
      input: distribution(512, requests, { unit: "tokens", mean: 511.6 }),
      output: distribution(128, requests, { unit: "tokens", mean: 127.9 }),
      wanted_output: distribution(128, requests, { unit: "tokens", mean: 128 }),
      cached_fraction: figure(null, "ratio", { claim: "not_proven", why: "the server does not say" }),
    },
    in_flight: { mean: figure(15.8, "requests"), max: figure(16, "requests") },
    burst_fraction: figure(0.002, "ratio"),
    server: [
      server("requests_running", "requests", { mean: 15.2, max: 16 }),
      server("requests_waiting", "requests", { mean: 0.4, max: 3 }),
      server("kv_cache_usage", "ratio", { mean: 0.312, max: 0.471 }),
      server("prefix_cache_hits_tokens", "tokens", { increase: 0 }),
      server("prefix_cache_queries_tokens", "tokens", { increase: 204_800 }),
      server("preemptions", "requests", { increase: 0 }),
      server("generation_tokens", "tokens", { increase: 51_200 }),
    ],
  };
}

/** A level of which no request was answered. */
export function noRequest(place: number, load: string, errors: LevelSummary["requests"]["errors"]): LevelSummary {
  const one = level(place, load, 0, 1);
  const failed = errors.reduce((total, { count }) => total + count, 0);
  const none = noDistribution("no request was answered");
  const noFigure = (of: Figure) => figure(null, of.unit, { claim: "not_proven", why: "no request was answered" });
  return {
    ...one,
    window: { kind: "whole_run", start_ms: 0, end_ms: 12, why: "no request was answered" },
    requests: { ...one.requests, total: failed, ok: 0, error: failed, errors, warmup: 0 },
    latency: {
      ttft: none,
      ttft_reasoning: none,
      ttft_content: none,
      ttft_tool: none,
      tpot: none,
      event_gap: none,
      itl: none,
      e2e: none,
      connect: none,
      ttft_from_intended: none,
      e2e_from_intended: none,
    },
    throughput: {
      ...one.throughput,
      requests_per_s: noFigure(one.throughput.requests_per_s),
      output_tokens_per_s: noFigure(one.throughput.output_tokens_per_s),
      input_tokens_per_s: noFigure(one.throughput.input_tokens_per_s),
    },
    tokens: { ...one.tokens, input: { ...none, unit: "tokens" }, output: { ...none, unit: "tokens" } },
    in_flight: { mean: noFigure(one.in_flight.mean), max: noFigure(one.in_flight.max) },
    burst_fraction: noFigure(one.burst_fraction),
    server: [],
  };
}

function server(
  metric: string,
  unit: string,
  values: Partial<LevelSummary["server"][number]>,
): LevelSummary["server"][number] {
  return { source: 0, role: "engine", metric, unit, mean: null, max: null, increase: null, ...values };
}

export function summary(overrides: Partial<Summary> = {}): Summary {
  return {
    schema: "inferguard-summary/v1",
    run_id: "20260301-093000-bench-k3f9qz",
    name: null,
    status: "completed",
    started_at: "2026-03-01T09:30:00.000Z",
    claim: "measured",
    claim_why: null,
    target: {
      kind: "endpoint",
      origin: "http://127.0.0.1:8000",
      path: "/v1/chat/completions",
      api: "chat",
      model: "tiny-llama",
    },
    client: {
      verdict: "ok",
      reasons: [],
      loop_delay_p99_ms: 0.09,
      read_to_stamp_p99_ms: 0.05,
      send_lateness_p99_ms: 0.2,
      cpu_max: 0.123,
      offered_fraction: null,
      error_bound_ms: 0.214,
    },
    headline: true,
    levels: [level(0, "concurrency 16", 400, 1)],
    egress: {
      destinations: [
        {
          flag: "--endpoint",
          host: "127.0.0.1",
          port: 8000,
          addresses: 1,
          lookups: 1,
          connections: 40,
          bytes_out: 12_100,
          bytes_in: 310_000,
        },
      ],
      denied: 0,
    },
    notes: [],
    missing: [],
    ...overrides,
  };
}

/** Five levels, the last of them beyond what the server takes well. */
export function sweep(): Summary {
  const levels = [1, 2, 4, 8, 16].map((concurrency, place) =>
    level(place, `concurrency ${concurrency}`, 200 * (place + 1), 1 + place ** 2 / 4),
  );
  const last = levels[4];
  if (last !== undefined) {
    last.requests = {
      ...last.requests,
      ok: 988,
      error: 12,
      errors: [
        { kind: "http_5xx", http_status: 503, count: 9 },
        { kind: "reset", http_status: null, count: 3 },
      ],
    };
  }
  return summary({ levels });
}
