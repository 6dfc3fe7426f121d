/**
 * SGLang's metric families: the names, types and buckets of its metrics collector. Those of features that the mimic does
 * not model (grammars, LoRA, storage tiers, expert balance) are left out, as an engine without them leaves most out.
 */
import type { Family } from "./families.ts";

const firstTokenBounds = [0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400];
const requestBounds = [...firstTokenBounds, 600, 1200, 1800, 2400];
const tokenBounds = [
  ...[0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.025, 0.03, 0.035, 0.04, 0.06, 0.08],
  ...[0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8],
];
const queueBounds = [
  ...[0, 0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90, 100, 200, 300, 400, 500],
  ...[600, 700, 800, 900, 1000, 1200, 1400, 1600, 1800, 2000, 2500, 3000],
];
const lengthBounds = [
  ...[100, 300, 500, 700, 1000, 1500, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000, 12_000],
  ...[15_000, 20_000, 22_000, 25_000, 30_000, 35_000, 40_000, 66_000, 99_000, 132_000, 300_000, 600_000],
  ...[900_000, 1_100_000],
];

/** Of the scheduler: one series per rank. */
export const schedulerFamilies = {
  running: gauge("num_running_reqs", "The number of running requests."),
  queued: gauge("num_queue_reqs", "The number of requests in the waiting queue."),
  usedTokens: gauge("num_used_tokens", "The number of used tokens."),
  tokenUsage: gauge("token_usage", "The token usage."),
  fullTokenUsage: gauge("full_token_usage", "The token usage for full attention layers."),
  maxTokens: gauge("max_total_num_tokens", "Maximum total number of tokens in the KV cache pool."),
  generation: gauge("gen_throughput", "The generation throughput (token/s)."),
  hitRate: gauge("cache_hit_rate", "The prefix cache hit rate."),
  acceptLength: gauge("spec_accept_length", "The average acceptance length of speculative decoding."),
  acceptRate: gauge("spec_accept_rate", "The average acceptance rate of speculative decoding."),
  decodePrealloc: gauge("num_decode_prealloc_queue_reqs", "The number of requests in the decode prealloc queue."),
  decodeTransfer: gauge("num_decode_transfer_queue_reqs", "The number of requests in the decode transfer queue."),
  retracted: counter("num_retracted_requests_total", "Total number of retracted requests."),
  realtimeTokens: counter("realtime_tokens_total", "Total number of tokens processed, by mode."),
  forwardSeconds: counter("forward_execution_seconds_total", "Total time that a forward pass runs, by category."),
  evictedTokens: counter("evicted_tokens_total", "The number of tokens evicted from the cache."),
  queueTime: histogram("queue_time_seconds", "Histogram of queueing time in seconds.", queueBounds),
};

/** Of the tokenizer process: one series for the whole server, filled when a request ends. */
export const serverFamilies = {
  promptTokens: counter("prompt_tokens_total", "Number of prefill tokens processed."),
  generationTokens: counter("generation_tokens_total", "Number of generation tokens processed."),
  cachedTokens: counter("cached_tokens_total", "Number of cached prompt tokens."),
  requests: counter("num_requests_total", "Number of requests processed."),
  aborted: counter("num_aborted_requests_total", "Number of requests aborted."),
  ttft: histogram("time_to_first_token_seconds", "Histogram of time to first token in seconds.", firstTokenBounds),
  itl: histogram("inter_token_latency_seconds", "Histogram of inter-token latency in seconds.", tokenBounds),
  e2e: histogram("e2e_request_latency_seconds", "Histogram of end-to-end request latency.", requestBounds),
  promptLength: histogram("prompt_tokens_histogram", "Histogram of prompt token length.", lengthBounds),
  generationLength: histogram("generation_tokens_histogram", "Histogram of generation token length.", lengthBounds),
};

function gauge(name: string, help: string): Family {
  return { name: `sglang:${name}`, type: "gauge", help };
}

function counter(name: string, help: string): Family {
  return { name: `sglang:${name}`, type: "counter", help };
}

function histogram(name: string, help: string, bounds: readonly number[]): Family {
  return { name: `sglang:${name}`, type: "histogram", help, bounds };
}
