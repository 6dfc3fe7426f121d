/** SGLang, started with --enable-metrics. Names from srt/observability/metrics_collector.py of v0.5.20 and before. */
import { type Catalogue, SECONDS_TO_MS } from "./catalogue.ts";

const factor = SECONDS_TO_MS;

/** With priority scheduling the total stands under an empty priority, and each priority beside it. */
const total = { priority: "" };

export const sglang: Catalogue = {
  engine: "sglang",
  prefixes: ["sglang:"],
  copies: ["tp_rank", "pp_rank", "moe_ep_rank"],
  entries: [
    { raw: "num_running_reqs", name: "requests_running", where: total },
    { raw: "num_queue_reqs", name: "requests_waiting", where: total },
    { raw: "num_grammar_queue_reqs", name: "requests_waiting_grammar" },
    // token_usage is the fullest of several pools, cut to two decimals.
    { raw: "full_token_usage", name: "kv_cache_usage" },
    { raw: "token_usage", name: "kv_cache_usage" },
    { raw: "max_total_num_tokens", name: "kv_cache_capacity_tokens" },
    { raw: "kv_used_tokens", name: "kv_cache_used_tokens" },
    { raw: "num_used_tokens", name: "kv_cache_used_tokens" },
    { raw: "num_retracted_requests", name: "preemptions" },
    { raw: "prompt_tokens", name: "prompt_tokens" },
    { raw: "realtime_tokens", name: "prompt_tokens_computed", where: { mode: "prefill_compute" } },
    { raw: "cached_tokens", name: "prompt_tokens_cached" },
    { raw: "generation_tokens", name: "generation_tokens" },
    { raw: "num_requests", name: "requests_finished" },
    { raw: "num_aborted_requests", name: "requests_aborted" },
    { raw: "time_to_first_token_seconds", name: "ttft_ms", factor },
    { raw: "inter_token_latency_seconds", name: "inter_token_latency_ms", factor },
    { raw: "time_per_output_token_seconds", name: "inter_token_latency_ms", factor },
    { raw: "e2e_request_latency_seconds", name: "e2e_ms", factor },
    { raw: "queue_time_seconds", name: "queue_time_ms", factor },
    { raw: "prompt_tokens_histogram", name: "request_prompt_tokens" },
    { raw: "generation_tokens_histogram", name: "request_generation_tokens" },
    { raw: "spec_accept_length", name: "spec_decode_accept_length" },
  ],
  notUsed: {
    cache_hit_rate: "that of the last prefill batch only; counters have the whole",
    gen_throughput: "an average over a span that the engine chooses; counters are exact",
    num_retracted_reqs: "the change since the last report, not a state",
    utilization: "0 or -1 where the engine does not compute it",
    is_cuda_graph: "a state, not a quantity",
  },
};
