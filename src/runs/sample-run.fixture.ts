/** A plan and rows for tests: valid by their schemas, with nothing of interest in them. */
import type { RunStart } from "./run-writer.ts";
import type { BenchPlan } from "./schemas/bench-plan.ts";
import type { ClientRow } from "./schemas/client.ts";
import type { EgressRecord } from "./schemas/egress.ts";
import type { GapsRow } from "./schemas/gaps.ts";
import type { RequestRow } from "./schemas/request.ts";
import type { TimelineRow } from "./schemas/timeline.ts";

export const sampleStart: RunStart & { plan: BenchPlan } = {
  name: null,
  clock: { wall_at_zero: "2026-01-02T03:04:05.678Z", source: "CLOCK_MONOTONIC" },
  versions: { inferguard: "0.1.0", node: "24.0.0", platform: "linux-x64" },
  claim: "measured",
  claim_why: null,
  saved_text: false,
  plan: {
    command: "bench",
    target: {
      kind: "endpoint",
      origin: "http://127.0.0.1:8000",
      path: "/v1/chat/completions",
      api: "chat",
      model: "m",
      stream_usage: true,
      connections: "reuse",
      insecure: false,
      header_names: [],
      body_fields: [],
    },
    levels: [{ mode: "closed", concurrency: 4 }],
    requests: 100,
    duration_ms: null,
    drain_ms: 0,
    warmup: { by: "requests", requests: 0 },
    max_in_flight: null,
    workload: { kind: "synthetic", input_tokens: { mean: 128, sd: 0 }, output_tokens: { mean: 64, sd: 0 } },
    seed: "s",
    slo: null,
    connect_timeout_ms: 1000,
    request_timeout_ms: null,
    idle_timeout_ms: 1000,
    metrics: [],
    scrape_interval_ms: 1000,
    gpus: null,
  },
};

export function sampleRequest(id: number): RequestRow {
  return {
    id,
    session: id,
    turn: 0,
    phase: "measured",
    level: 0,
    worker: 0,
    intended_ms: id + 0.125,
    connect_start_ms: null,
    connected_ms: null,
    sent_ms: id + 0.25,
    first_byte_ms: id + 20.5,
    first_token_ms: id + 21.1234,
    first_content_ms: id + 21.1234,
    first_reasoning_ms: null,
    first_tool_ms: null,
    last_token_ms: id + 99.875,
    end_ms: id + 100.5,
    input_tokens: 128,
    output_tokens: 64,
    cached_tokens: null,
    reasoning_tokens: null,
    token_source: "server",
    wanted_output_tokens: 64,
    events: 64,
    tokens_first_event: 1,
    burst_events: 0,
    gap: { p50: 1.25, p95: 1.5, max: 3.75, count: 63 },
    finish_reason: "length",
    status: "ok",
    error: null,
  };
}

const histogram = { count: 1, sum: 5, min: 5, max: 5, buckets: [[131_360, 1] as [number, number]] };

export const sampleGaps: GapsRow = {
  level: 0,
  phase: "measured",
  second: 3,
  event_gap: histogram,
  itl: histogram,
  assumed_one_token: 0,
};

export const sampleClient: ClientRow = {
  worker: 0,
  level: 0,
  phase: "measured",
  start_ms: 0,
  length_ms: 1000,
  loop_delay_us: histogram,
  read_to_stamp_us: histogram,
  send_lateness_us: histogram,
  cpu: 0.25,
  in_flight: 4,
  wanted: 40,
  sent: 40,
};

export const sampleTimeline: TimelineRow = {
  start_ms: 1,
  t_ms: 2,
  source: 0,
  engine: "vllm",
  gauges: { running: 4 },
  counters: {},
  histograms: {},
  error: null,
};

export const sampleEgress: EgressRecord = {
  schema: "inferguard-egress/v1",
  authorities: [],
  denied: 0,
  denials: [],
};
