/**
 * vLLM V1. Names from vllm/v1/metrics/loggers.py; those of `0.26.0` checked against a recorded page. The older names of
 * a quantity come after the newer one.
 */
import { type Catalogue, SECONDS_TO_MS } from "./catalogue.ts";

const factor = SECONDS_TO_MS;

export const vllm: Catalogue = {
  engine: "vllm",
  prefixes: ["vllm:"],
  copies: ["tp_rank", "pp_rank"],
  entries: [
    { raw: "num_requests_running", name: "requests_running" },
    { raw: "num_requests_waiting", name: "requests_waiting" },
    { raw: "num_requests_waiting_by_reason", name: "requests_waiting_capacity", where: { reason: "capacity" } },
    { raw: "num_requests_waiting_by_reason", name: "requests_waiting_deferred", where: { reason: "deferred" } },
    { raw: "kv_cache_usage_perc", name: "kv_cache_usage" },
    { raw: "gpu_cache_usage_perc", name: "kv_cache_usage" },
    { raw: "cache_config_info", name: "kv_cache_capacity_tokens", product: ["num_gpu_blocks", "block_size"] },
    { raw: "cache_config_info", name: "kv_cache_capacity_blocks", product: ["num_gpu_blocks"] },
    { raw: "num_preemptions", name: "preemptions" },
    { raw: "prefix_cache_queries", name: "prefix_cache_queries_tokens" },
    { raw: "gpu_prefix_cache_queries", name: "prefix_cache_queries_tokens" },
    { raw: "prefix_cache_hits", name: "prefix_cache_hits_tokens" },
    { raw: "gpu_prefix_cache_hits", name: "prefix_cache_hits_tokens" },
    { raw: "external_prefix_cache_queries", name: "external_prefix_cache_queries_tokens" },
    { raw: "external_prefix_cache_hits", name: "external_prefix_cache_hits_tokens" },
    { raw: "prompt_tokens", name: "prompt_tokens" },
    { raw: "prompt_tokens_by_source", name: "prompt_tokens_computed", where: { source: "local_compute" } },
    { raw: "prompt_tokens_by_source", name: "prompt_tokens_transferred", where: { source: "external_kv_transfer" } },
    { raw: "prompt_tokens_cached", name: "prompt_tokens_cached" },
    { raw: "prompt_tokens_recomputed", name: "prompt_tokens_recomputed" },
    { raw: "generation_tokens", name: "generation_tokens" },
    { raw: "request_success", name: "requests_finished" },
    { raw: "request_success", name: "requests_aborted", where: { finished_reason: "abort" } },
    { raw: "request_success", name: "requests_failed", where: { finished_reason: "error" } },
    { raw: "time_to_first_token_seconds", name: "ttft_ms", factor },
    { raw: "inter_token_latency_seconds", name: "inter_token_latency_ms", factor },
    { raw: "time_per_output_token_seconds", name: "inter_token_latency_ms", factor },
    { raw: "request_time_per_output_token_seconds", name: "tpot_ms", factor },
    { raw: "e2e_request_latency_seconds", name: "e2e_ms", factor },
    { raw: "request_queue_time_seconds", name: "queue_time_ms", factor },
    { raw: "request_prefill_time_seconds", name: "prefill_time_ms", factor },
    { raw: "request_decode_time_seconds", name: "decode_time_ms", factor },
    { raw: "request_inference_time_seconds", name: "inference_time_ms", factor },
    { raw: "request_prompt_tokens", name: "request_prompt_tokens" },
    { raw: "request_generation_tokens", name: "request_generation_tokens" },
    // A histogram, in spite of its name on the page: iteration_tokens_total.
    { raw: "iteration_tokens", name: "iteration_tokens" },
    { raw: "spec_decode_num_drafts", name: "spec_decode_drafts" },
    { raw: "spec_decode_num_draft_tokens", name: "spec_decode_draft_tokens" },
    { raw: "spec_decode_num_accepted_tokens", name: "spec_decode_accepted_tokens" },
  ],
  notUsed: {
    engine_sleep_state: "a state, not a quantity",
    lora_requests_info: "a list of adapters, not a quantity",
    request_params_max_tokens: "what was asked for; the plan has it",
    request_params_n: "what was asked for; the plan has it",
    request_max_num_generation_tokens: "what was asked for; the plan has it",
    request_prefill_kv_computed_tokens: "prompt_tokens_computed has its total",
    avg_prompt_throughput_toks_per_s: "an average over a span that the engine chooses; counters are exact",
    avg_generation_throughput_toks_per_s: "an average over a span that the engine chooses; counters are exact",
  },
};
