/**
 * The names that this project gives to what engines and GPUs say, whatever an engine calls it. A name ends in its unit
 * where the unit is not plain. Times are milliseconds and ratios go from 0 to 1, also where an engine says otherwise.
 */

export interface MetricDefinition {
  kind: "gauge" | "counter" | "histogram";
  unit: string;
  /**
   * How the series of one page (engines, data-parallel ranks, GPUs) become one number. Series that differ only in a
   * label that copies a quantity, such as a tensor-parallel rank, count once. Counters and histograms are always added.
   */
  combine: "sum" | "max" | "mean";
  description: string;
}

const gauge = (unit: string, combine: MetricDefinition["combine"], description: string) =>
  ({ kind: "gauge", unit, combine, description }) as const;
const counter = (unit: string, description: string) =>
  ({ kind: "counter", unit, combine: "sum", description }) as const;
const histogram = (unit: string, description: string) =>
  ({ kind: "histogram", unit, combine: "sum", description }) as const;

export const metricNames = {
  requests_running: gauge("requests", "sum", "Requests that the engine is working on."),
  requests_waiting: gauge("requests", "sum", "Requests that wait to be scheduled."),
  requests_waiting_capacity: gauge("requests", "sum", "Requests that wait because the KV cache or the batch is full."),
  requests_waiting_deferred: gauge(
    "requests",
    "sum",
    "Requests that wait although there is room, as the scheduler put them off.",
  ),
  requests_waiting_grammar: gauge("requests", "sum", "Requests that wait for their grammar to be compiled."),
  requests_in_flight: gauge("requests", "sum", "Requests accepted and not finished, waiting or running."),

  kv_cache_usage: gauge("ratio", "max", "Share of the KV cache that is in use; of several engines, the fullest."),
  kv_cache_capacity_tokens: gauge("tokens", "sum", "Tokens that the KV cache has room for."),
  kv_cache_used_tokens: gauge("tokens", "sum", "Tokens that the KV cache holds."),
  kv_cache_capacity_blocks: gauge("blocks", "sum", "Blocks that the KV cache has."),
  kv_cache_host_usage: gauge("ratio", "max", "Share in use of the part of the KV cache that lies in host memory."),
  preemptions: counter("requests", "Times that a running request lost its place for lack of KV cache."),

  prefix_cache_queries_tokens: counter("tokens", "Prompt tokens looked up in the prefix cache."),
  prefix_cache_hits_tokens: counter("tokens", "Prompt tokens found in the prefix cache."),
  prefix_cache_hits_blocks: counter("blocks", "KV cache blocks used again."),
  prefix_cache_misses_blocks: counter("blocks", "KV cache blocks looked up and not found."),
  external_prefix_cache_queries_tokens: counter(
    "tokens",
    "Prompt tokens looked up in a prefix cache outside the engine.",
  ),
  external_prefix_cache_hits_tokens: counter("tokens", "Prompt tokens found in a prefix cache outside the engine."),

  prompt_tokens: counter("tokens", "Prompt tokens, whether computed or taken from a cache."),
  prompt_tokens_computed: counter("tokens", "Prompt tokens that the engine computed."),
  prompt_tokens_cached: counter("tokens", "Prompt tokens taken from a cache."),
  prompt_tokens_recomputed: counter("tokens", "Prompt tokens computed again after a preemption or an eviction."),
  prompt_tokens_transferred: counter("tokens", "Prompt tokens whose KV cache came from another instance."),
  generation_tokens: counter("tokens", "Tokens generated."),
  decode_steps: counter("steps", "Calls that decoded a batch."),
  prefill_busy_ms: counter("ms", "Time spent on prompts, added up over requests."),
  decode_busy_ms: counter("ms", "Time spent on generation, added up over requests."),

  requests_finished: counter("requests", "Requests that the engine counts as finished."),
  requests_aborted: counter("requests", "Requests that were aborted."),
  requests_failed: counter("requests", "Requests that ended in an error."),

  ttft_ms: histogram("ms", "Time to first token, by the engine's own clock."),
  inter_token_latency_ms: histogram("ms", "Time between tokens, one entry for each token."),
  tpot_ms: histogram("ms", "Mean time per output token, one entry for each request."),
  e2e_ms: histogram("ms", "A request's whole time in the server."),
  queue_time_ms: histogram("ms", "Time until a request was first scheduled."),
  prefill_time_ms: histogram("ms", "Time from first scheduled to first token."),
  decode_time_ms: histogram("ms", "Time from first to last token."),
  inference_time_ms: histogram("ms", "Time from first scheduled to last token."),
  request_prompt_tokens: histogram("tokens", "Prompt tokens of a request."),
  request_generation_tokens: histogram("tokens", "Generated tokens of a request."),
  request_cached_tokens: histogram("tokens", "Prompt tokens of a request that came from a cache."),
  iteration_tokens: histogram("tokens", "Tokens in one step of the engine."),

  spec_decode_drafts: counter("drafts", "Speculative drafts that were verified."),
  spec_decode_draft_tokens: counter("tokens", "Tokens that were drafted."),
  spec_decode_accepted_tokens: counter("tokens", "Drafted tokens that were accepted."),
  spec_decode_accept_length: gauge("tokens", "mean", "Tokens that one verification yields, as the engine averages it."),

  gpu_utilization: gauge(
    "ratio",
    "max",
    "Share of time in which some kernel ran, of the busiest GPU. 1 does not mean full.",
  ),
  gpu_engine_active: gauge("ratio", "max", "Share of time in which the compute engine was busy, of the busiest GPU."),
  gpu_sm_active: gauge("ratio", "max", "Share of multiprocessor cycles with work, of the busiest GPU."),
  gpu_sm_occupancy: gauge("ratio", "max", "Resident warps as a share of the possible, of the fullest GPU."),
  gpu_tensor_active: gauge("ratio", "max", "Share of cycles in which the tensor cores worked, of the busiest GPU."),
  gpu_dram_active: gauge("ratio", "max", "Share of cycles in which device memory moved data, of the busiest GPU."),
  gpu_memory_used_bytes: gauge("bytes", "sum", "Device memory in use, all GPUs."),
  gpu_memory_free_bytes: gauge("bytes", "sum", "Device memory free, all GPUs."),
  gpu_power_w: gauge("W", "sum", "Power draw, all GPUs."),
  gpu_energy_j: counter("J", "Energy used, all GPUs."),
  gpu_temperature_c: gauge("°C", "max", "Temperature of the hottest GPU."),
  gpu_memory_temperature_c: gauge("°C", "max", "Temperature of the hottest device memory."),
  gpu_sm_clock_mhz: gauge("MHz", "mean", "Clock of the multiprocessors, averaged over GPUs."),
  gpu_memory_clock_mhz: gauge("MHz", "mean", "Clock of device memory, averaged over GPUs."),
  gpu_pcie_sent_bytes_per_s: gauge("bytes/s", "sum", "Bytes that the GPUs sent over PCIe per second."),
  gpu_pcie_received_bytes_per_s: gauge("bytes/s", "sum", "Bytes that the GPUs received over PCIe per second."),
  gpu_pcie_replays: counter("replays", "PCIe transfers that were repeated."),
  gpu_power_throttled_ms: counter("ms", "Time for which clocks were held down by the power limit, all GPUs."),
  gpu_thermal_throttled_ms: counter("ms", "Time for which clocks were held down by heat, all GPUs."),
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof metricNames;

/** The definition of a name read from a file, or undefined: a newer version may have written names that this one lacks. */
export function metricDefinition(name: string): MetricDefinition | undefined {
  return Object.hasOwn(metricNames, name) ? metricNames[name as MetricName] : undefined;
}
