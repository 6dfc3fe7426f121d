/** vLLM's metric families: the names that a 0.26.0 server exposes, with the types and buckets of its metrics loggers. */
import type { Family } from "./families.ts";

const firstTokenBounds = [
  ...[0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75],
  ...[1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560],
];
const tokenBounds = [
  ...[0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75],
  ...[1, 2.5, 5, 7.5, 10, 20, 40, 80],
];
const requestBounds = [
  ...[0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50],
  ...[60, 120, 240, 480, 960, 1920, 7680],
];
const stepTokenBounds = [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384];

/** `maxModelTokens` ends the buckets that count tokens. */
export function vllmFamilies(maxModelTokens: number) {
  const counts = oneTwoFive(maxModelTokens);
  return {
    running: gauge("num_requests_running", "Number of requests in model execution batches."),
    waiting: gauge("num_requests_waiting", "Number of requests waiting to be processed."),
    waitingBy: gauge("num_requests_waiting_by_reason", "Number of requests waiting, by what they wait for."),
    sleepState: gauge("engine_sleep_state", "Engine sleep state."),
    kvUsage: gauge("kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage."),
    cacheConfig: gauge("cache_config_info", "Information of the LLMEngine CacheConfig"),
    prefixQueries: counter("prefix_cache_queries", "Prefix cache queries, in tokens."),
    prefixHits: counter("prefix_cache_hits", "Prefix cache hits, in tokens."),
    externalQueries: counter("external_prefix_cache_queries", "Queries of another engine's prefix cache, in tokens."),
    externalHits: counter("external_prefix_cache_hits", "Hits in another engine's prefix cache, in tokens."),
    mediaQueries: counter("mm_cache_queries", "Multi-modal cache queries, in items."),
    mediaHits: counter("mm_cache_hits", "Multi-modal cache hits, in items."),
    preemptions: counter("num_preemptions", "Cumulative number of preemptions from the engine."),
    promptTokens: counter("prompt_tokens", "Number of prefill tokens processed."),
    promptBySource: counter("prompt_tokens_by_source", "Number of prompt tokens, by source."),
    promptCached: counter("prompt_tokens_cached", "Number of cached prompt tokens, local and external."),
    generationTokens: counter("generation_tokens", "Number of generation tokens processed."),
    success: counter("request_success", "Count of successfully processed requests."),
    flops: counter("estimated_flops_per_gpu", "Estimated floating point operations per GPU."),
    readBytes: counter("estimated_read_bytes_per_gpu", "Estimated bytes read from memory per GPU."),
    writeBytes: counter("estimated_write_bytes_per_gpu", "Estimated bytes written to memory per GPU."),
    stepTokens: histogram("iteration_tokens_total", "Histogram of number of tokens per engine step.", stepTokenBounds),
    ttft: histogram("time_to_first_token_seconds", "Histogram of time to first token.", firstTokenBounds),
    itl: histogram("inter_token_latency_seconds", "Histogram of inter-token latency.", tokenBounds),
    tpot: histogram("request_time_per_output_token_seconds", "Histogram of each request's mean.", tokenBounds),
    e2e: histogram("e2e_request_latency_seconds", "Histogram of end-to-end request latency.", requestBounds),
    queueTime: histogram("request_queue_time_seconds", "Histogram of time spent WAITING.", requestBounds),
    inferenceTime: histogram("request_inference_time_seconds", "Histogram of time spent RUNNING.", requestBounds),
    prefillTime: histogram("request_prefill_time_seconds", "Histogram of time spent in PREFILL.", requestBounds),
    decodeTime: histogram("request_decode_time_seconds", "Histogram of time spent in DECODE.", requestBounds),
    requestPrompt: histogram("request_prompt_tokens", "Number of prefill tokens processed.", counts),
    requestGeneration: histogram("request_generation_tokens", "Number of generation tokens processed.", counts),
    requestComputed: histogram("request_prefill_kv_computed_tokens", "New KV tokens computed in prefill.", counts),
    maxGeneration: histogram("request_max_num_generation_tokens", "Most generation tokens of a request.", counts),
    paramN: histogram("request_params_n", "Histogram of the n request parameter.", [1, 2, 5, 10, 20]),
    paramMaxTokens: histogram("request_params_max_tokens", "Histogram of the max_tokens parameter.", counts),
  };
}

/** Only a server that speculates has these. */
export const vllmSpeculationFamilies = {
  drafts: counter("spec_decode_num_drafts", "Number of drafts."),
  draftTokens: counter("spec_decode_num_draft_tokens", "Number of draft tokens."),
  accepted: counter("spec_decode_num_accepted_tokens", "Number of accepted tokens."),
  acceptedAt: counter("spec_decode_num_accepted_tokens_per_pos", "Accepted tokens per draft position."),
};

function gauge(name: string, help: string): Family {
  return { name: `vllm:${name}`, type: "gauge", help };
}

/** The Python client appends _total to a counter's name. */
function counter(name: string, help: string): Family {
  return { name: `vllm:${name}_total`, type: "counter", help };
}

function histogram(name: string, help: string, bounds: readonly number[]): Family {
  return { name: `vllm:${name}`, type: "histogram", help, bounds };
}

/** 1, 2, 5, 10, 20, 50, ... up to `most`. */
function oneTwoFive(most: number): number[] {
  const bounds: number[] = [];
  for (let decade = 1; decade <= most; decade *= 10)
    for (const mantissa of [1, 2, 5]) if (mantissa * decade <= most) bounds.push(mantissa * decade);
  return bounds;
}
