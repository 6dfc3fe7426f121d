/**
 * vLLM's /metrics, fed by the simulation with the meanings that vLLM gives them. Two to know: a prompt's tokens are
 * counted when its first output token comes, and an inter-token latency is recorded once per request and step, however
 * many tokens the step gave.
 */
import type { RankState } from "../simulation/fleet.ts";
import type { AdmittedEvent, FinishedEvent, StepEvent, TokensEvent } from "../simulation/events.ts";
import type { EngineProfile } from "../simulation/profile.ts";
import type { Exposition } from "./exposition.ts";
import { createFamilies, type Labels } from "./families.ts";
import { vllmFamilies, vllmSpeculationFamilies } from "./vllm-families.ts";

const finishReasons = ["stop", "length", "abort", "error", "repetition"];
const sources = ["local_compute", "local_cache_hit", "external_kv_transfer"] as const;

export function createVllmExposition(profile: EngineProfile, model: string, rankCount: number): Exposition {
  const table = vllmFamilies(profile.scheduler.maxModelTokens);
  const families = createFamilies(table);
  const speculation = createFamilies(vllmSpeculationFamilies);
  const labelsOf = (rank: number): Labels => ({ model_name: model, engine: String(rank) });
  /** Tokens of the step that is being reported, per rank: `tokens` events come before their `step`. */
  const stepTokens = new Map<number, number>();

  // Every series exists from the start, at zero, as the Python client's do once their labels are known.
  const many = new Set(["waitingBy", "sleepState", "cacheConfig", "promptBySource", "success"]);
  for (let rank = 0; rank < rankCount; rank++) {
    const labels = labelsOf(rank);
    for (const [key, { type }] of Object.entries(table) as [keyof typeof table, { type: string }][])
      if (type === "histogram") families.observe(key, labels, 0, 0);
      else if (!many.has(key)) families.set(key, labels, 0);
    for (const source of sources) families.set("promptBySource", { ...labels, source }, 0);
    for (const finished_reason of finishReasons) families.set("success", { ...labels, finished_reason }, 0);
    for (const [i, sleep_state] of ["awake", "weights_offloaded", "discard_all"].entries())
      families.set("sleepState", { ...labels, sleep_state }, i === 0 ? 1 : 0);
    families.set("cacheConfig", cacheConfigLabels(profile, rank), 1);
  }

  const admitted = ({ rank, inputTokens, cachedTokens, transferredTokens }: AdmittedEvent) => {
    families.add("prefixQueries", labelsOf(rank), inputTokens);
    families.add("prefixHits", labelsOf(rank), cachedTokens);
    if (transferredTokens === 0) return;
    families.add("externalQueries", labelsOf(rank), inputTokens);
    families.add("externalHits", labelsOf(rank), transferredTokens);
  };

  const tokens = (event: TokensEvent) => {
    const labels = labelsOf(event.rank);
    const { cachedTokens, transferredTokens, inputTokens } = event;
    const computed = inputTokens - cachedTokens - transferredTokens;
    families.add("generationTokens", labels, event.tokens);
    stepTokens.set(
      event.rank,
      (stepTokens.get(event.rank) ?? 0) + event.tokens + (event.gapMs === null ? inputTokens : 0),
    );
    if (event.gapMs !== null) return families.observe("itl", labels, event.gapMs / 1000);
    families.observe("ttft", labels, (event.atMs - event.arrivedMs) / 1000);
    families.add("promptTokens", labels, inputTokens);
    families.add("promptCached", labels, cachedTokens + transferredTokens);
    families.add("promptBySource", { ...labels, source: "local_compute" }, computed);
    families.add("promptBySource", { ...labels, source: "local_cache_hit" }, cachedTokens);
    families.add("promptBySource", { ...labels, source: "external_kv_transfer" }, transferredTokens);
  };

  const step = ({ rank, cost, preempted, drafts, draftTokens, acceptedAt }: StepEvent) => {
    const labels = labelsOf(rank);
    const processed = stepTokens.get(rank);
    stepTokens.delete(rank);
    // vLLM records an iteration only when it gave output.
    if (processed !== undefined) families.observe("stepTokens", labels, processed);
    families.add("preemptions", labels, preempted);
    families.add("flops", labels, cost.flops);
    families.add("readBytes", labels, cost.readBytes);
    families.add("writeBytes", labels, cost.writeBytes);
    if (profile.speculation === undefined) return;
    speculation.add("drafts", labels, drafts);
    speculation.add("draftTokens", labels, draftTokens);
    speculation.add(
      "accepted",
      labels,
      acceptedAt.reduce((sum, count) => sum + count, 0),
    );
    acceptedAt.forEach((count, i) => speculation.add("acceptedAt", { ...labels, position: String(i) }, count));
  };

  const finished = (event: FinishedEvent) => {
    const labels = labelsOf(event.rank);
    families.add("success", { ...labels, finished_reason: event.reason }, 1);
    const { scheduledMs, firstTokenMs, lastTokenMs } = event;
    // An aborted request has no more of it: its moments are unknown.
    if (event.reason === "abort" || scheduledMs === null || firstTokenMs === null || lastTokenMs === null) return;
    const decodeSeconds = (lastTokenMs - firstTokenMs) / 1000;
    families.observe("e2e", labels, (event.atMs - event.arrivedMs) / 1000);
    families.observe("queueTime", labels, (scheduledMs - event.queuedMs) / 1000);
    families.observe("prefillTime", labels, (firstTokenMs - scheduledMs) / 1000);
    families.observe("decodeTime", labels, decodeSeconds);
    families.observe("inferenceTime", labels, (lastTokenMs - scheduledMs) / 1000);
    families.observe("tpot", labels, event.outputTokens > 1 ? decodeSeconds / (event.outputTokens - 1) : 0);
    families.observe("requestPrompt", labels, event.inputTokens);
    families.observe("requestGeneration", labels, event.outputTokens);
    families.observe("requestComputed", labels, event.inputTokens - event.cachedTokens - event.transferredTokens);
    families.observe("maxGeneration", labels, event.outputTokens);
    families.observe("paramN", labels, 1);
    if (event.maxOutputTokens !== null) families.observe("paramMaxTokens", labels, event.maxOutputTokens);
  };

  const setGauges = (rank: number, state: RankState) => {
    const labels = labelsOf(rank);
    families.set("running", labels, state.running);
    families.set("waiting", labels, state.waiting + state.deferred);
    families.set("waitingBy", { ...labels, reason: "capacity" }, state.waiting);
    families.set("waitingBy", { ...labels, reason: "deferred" }, state.deferred);
    families.set("kvUsage", labels, state.kvUsage);
  };

  return {
    observe(event) {
      if (event.kind === "tokens") tokens(event);
      else if (event.kind === "step") step(event);
      else if (event.kind === "finished") finished(event);
      else admitted(event);
    },
    render(ranks) {
      ranks.forEach((state, rank) => setGauges(rank, state));
      return families.render() + (profile.speculation === undefined ? "" : speculation.render());
    },
  };
}

/** It names the engine but not the model, as in vLLM. */
function cacheConfigLabels({ kvCache }: EngineProfile, rank: number): Labels {
  return {
    engine: String(rank),
    block_size: String(kvCache.blockTokens),
    num_gpu_blocks: String(kvCache.blocks),
    kv_cache_size_tokens: String(kvCache.blocks * kvCache.blockTokens),
    enable_prefix_caching: kvCache.prefixCaching ? "True" : "False",
    cache_dtype: "auto",
    gpu_memory_utilization: "0.9",
  };
}
