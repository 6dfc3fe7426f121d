/**
 * TensorRT-LLM's trtllm-serve, at /prometheus/metrics. Names from tensorrt_llm/metrics/collector.py. Older versions have
 * no prefix, and Dynamo gave them `trtllm:`.
 */
import { type Catalogue, SECONDS_TO_MS } from "./catalogue.ts";

const factor = SECONDS_TO_MS;

export const trtllm: Catalogue = {
  engine: "trtllm",
  prefixes: ["trtllm_", "trtllm:", ""],
  copies: ["tp_rank", "pp_rank"],
  entries: [
    { raw: "num_requests_running", name: "requests_running" },
    { raw: "num_requests_waiting", name: "requests_waiting" },
    { raw: "kv_cache_utilization", name: "kv_cache_usage" },
    { raw: "kv_cache_host_utilization", name: "kv_cache_host_usage" },
    { raw: "kv_cache_max_blocks", name: "kv_cache_capacity_blocks" },
    { raw: "kv_cache_reused_blocks", name: "prefix_cache_hits_blocks" },
    { raw: "kv_cache_missed_blocks", name: "prefix_cache_misses_blocks" },
    { raw: "prompt_tokens", name: "prompt_tokens" },
    { raw: "prompt_cached_tokens", name: "prompt_tokens_cached" },
    { raw: "generation_tokens", name: "generation_tokens" },
    { raw: "request_success", name: "requests_finished" },
    { raw: "request_error", name: "requests_failed" },
    { raw: "time_to_first_token_seconds", name: "ttft_ms", factor },
    { raw: "time_per_output_token_seconds", name: "tpot_ms", factor },
    { raw: "e2e_request_latency_seconds", name: "e2e_ms", factor },
    { raw: "request_queue_time_seconds", name: "queue_time_ms", factor },
    { raw: "request_prefill_time_seconds", name: "prefill_time_ms", factor },
    { raw: "request_decode_time_seconds", name: "decode_time_ms", factor },
    { raw: "request_inference_time_seconds", name: "inference_time_ms", factor },
    { raw: "spec_decode_num_draft_tokens", name: "spec_decode_draft_tokens" },
    { raw: "spec_decode_num_accepted_tokens", name: "spec_decode_accepted_tokens" },
    { raw: "spec_decode_acceptance_length", name: "spec_decode_accept_length" },
  ],
  notUsed: {
    kv_cache_hit_rate: "a ratio over a span that the engine chooses; counters are exact",
    kv_cache_iter_reuse_rate: "that of the last step only; counters have the whole",
    num_requests_completed: "request_success and request_error have it by outcome",
  },
};
