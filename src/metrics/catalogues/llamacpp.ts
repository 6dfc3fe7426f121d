/**
 * The llama.cpp server, started with --metrics. Names checked against a recorded page. Its throughput gauges are averages
 * over the server's whole life: the load of a run hardly shows in them, so they are left out.
 */
import { type Catalogue, SECONDS_TO_MS } from "./catalogue.ts";

const lifetimeAverage = "an average over the server's whole life; counters show the run";

export const llamacpp: Catalogue = {
  engine: "llamacpp",
  prefixes: ["llamacpp:"],
  copies: [],
  entries: [
    { raw: "requests_processing", name: "requests_running" },
    { raw: "requests_deferred", name: "requests_waiting" },
    { raw: "kv_cache_usage_ratio", name: "kv_cache_usage" },
    { raw: "kv_cache_tokens", name: "kv_cache_used_tokens" },
    // This server counts a prompt without its cached tokens.
    { raw: "prompt_tokens", name: "prompt_tokens_computed" },
    { raw: "prompt_tokens_cached", name: "prompt_tokens_cached" },
    { raw: "tokens_predicted", name: "generation_tokens" },
    { raw: "prompt_seconds", name: "prefill_busy_ms", factor: SECONDS_TO_MS },
    { raw: "tokens_predicted_seconds", name: "decode_busy_ms", factor: SECONDS_TO_MS },
    { raw: "n_decode", name: "decode_steps" },
    { raw: "spec_decode_num_drafts", name: "spec_decode_drafts" },
    { raw: "spec_decode_num_draft_tokens", name: "spec_decode_draft_tokens" },
    { raw: "spec_decode_num_accepted_tokens", name: "spec_decode_accepted_tokens" },
  ],
  notUsed: {
    prompt_tokens_seconds: lifetimeAverage,
    predicted_tokens_seconds: lifetimeAverage,
    n_busy_slots_per_decode: lifetimeAverage,
    n_tokens_max: "the longest sequence of the server's whole life",
  },
};
