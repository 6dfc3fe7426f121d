/**
 * NVIDIA Dynamo: its frontend and its components. Names from lib/runtime/src/metrics/prometheus_names.rs. What its names
 * call a percent goes from 0 to 1.
 */
import { type Catalogue, SECONDS_TO_MS } from "./catalogue.ts";

const factor = SECONDS_TO_MS;

export const dynamo: Catalogue = {
  engine: "dynamo",
  prefixes: ["dynamo_"],
  copies: [],
  entries: [
    { raw: "frontend_queued_requests", name: "requests_waiting" },
    { raw: "frontend_inflight_requests", name: "requests_in_flight" },
    { raw: "component_inflight_requests", name: "requests_in_flight" },
    { raw: "component_gpu_cache_usage_percent", name: "kv_cache_usage" },
    { raw: "component_kvstats_gpu_cache_usage_percent", name: "kv_cache_usage" },
    { raw: "component_total_blocks", name: "kv_cache_capacity_blocks" },
    { raw: "component_kvstats_total_blocks", name: "kv_cache_capacity_blocks" },
    { raw: "frontend_output_tokens", name: "generation_tokens" },
    { raw: "frontend_requests", name: "requests_finished" },
    { raw: "component_requests", name: "requests_finished" },
    { raw: "frontend_requests", name: "requests_failed", where: { status: "error" } },
    { raw: "component_errors", name: "requests_failed" },
    { raw: "frontend_time_to_first_token_seconds", name: "ttft_ms", factor },
    { raw: "frontend_inter_token_latency_seconds", name: "inter_token_latency_ms", factor },
    { raw: "frontend_request_duration_seconds", name: "e2e_ms", factor },
    { raw: "component_request_duration_seconds", name: "e2e_ms", factor },
    { raw: "frontend_input_sequence_tokens", name: "request_prompt_tokens" },
    { raw: "frontend_output_sequence_tokens", name: "request_generation_tokens" },
    { raw: "frontend_cached_tokens", name: "request_cached_tokens" },
  ],
  notUsed: {
    component_kvstats_gpu_prefix_cache_hit_rate: "a ratio over a span that the engine chooses",
    frontend_kv_hit_rate: "what the router expected, not what happened",
  },
};
