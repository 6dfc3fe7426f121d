/**
 * SGLang's /metrics, fed by the simulation with the meanings that SGLang gives them. Unlike vLLM's: prompt and generation
 * tokens are counted when a request ends, an inter-token latency is spread over the tokens of its step, preemption is
 * called retraction, and throughput and hit rate are gauges of the last steps.
 */
import type { RankState } from "../simulation/fleet.ts";
import type { AdmittedEvent, FinishedEvent, StepEvent, TokensEvent } from "../simulation/events.ts";
import type { EngineProfile } from "../simulation/profile.ts";
import type { Exposition } from "./exposition.ts";
import { createFamilies, type Labels } from "./families.ts";
import { schedulerFamilies, serverFamilies } from "./sglang-families.ts";

/** SGLang reports its throughput every so many decoding steps (--decode-log-interval). */
const reportEverySteps = 40;

export function createSglangExposition(profile: EngineProfile, model: string, rankCount: number): Exposition {
  const scheduler = createFamilies(schedulerFamilies);
  const server = createFamilies(serverFamilies);
  const whole: Labels = { model_name: model };
  const labelsOf = (rank: number): Labels => ({
    ...{ model_name: model, engine_type: engineType(profile, rank), tp_rank: "0", pp_rank: "0", moe_ep_rank: "0" },
    ...(rankCount > 1 && { dp_rank: String(rank) }),
  });
  const ranks = Array.from({ length: rankCount }, () => ({
    ...{ decoded: 0, decodingSteps: 0, sinceMs: 0, generation: 0 },
    ...{ admittedTokens: 0, cachedTokens: 0, hitRate: 0 },
  }));
  const capacityTokens = profile.kvCache.blocks * profile.kvCache.blockTokens;

  for (const key of ["promptTokens", "generationTokens", "cachedTokens", "requests", "aborted"] as const)
    server.set(key, whole, 0);
  for (const key of ["ttft", "itl", "e2e", "promptLength", "generationLength"] as const)
    server.observe(key, whole, 0, 0);
  ranks.forEach((_, rank) => {
    scheduler.observe("queueTime", labelsOf(rank), 0, 0);
    for (const mode of ["prefill_compute", "prefill_cache", "decode"])
      scheduler.set("realtimeTokens", { ...labelsOf(rank), mode }, 0);
    for (const key of ["retracted", "acceptLength", "acceptRate"] as const) scheduler.set(key, labelsOf(rank), 0);
  });

  const admitted = ({ rank, atMs, queuedMs, inputTokens, cachedTokens, transferredTokens }: AdmittedEvent) => {
    // What comes from a prefill rank was queued there.
    if (transferredTokens > 0) return;
    const state = ranks[rank];
    if (state === undefined) return;
    state.admittedTokens += inputTokens;
    state.cachedTokens += cachedTokens;
    scheduler.observe("queueTime", labelsOf(rank), (atMs - queuedMs) / 1000);
    scheduler.add("realtimeTokens", { ...labelsOf(rank), mode: "prefill_cache" }, cachedTokens);
  };

  const tokens = (event: TokensEvent) => {
    const state = ranks[event.rank];
    if (state !== undefined) state.decoded += event.tokens;
    scheduler.add("realtimeTokens", { ...labelsOf(event.rank), mode: "decode" }, event.tokens);
    if (event.gapMs === null) server.observe("ttft", whole, (event.atMs - event.arrivedMs) / 1000);
    else server.observe("itl", whole, event.gapMs / 1000 / event.tokens, event.tokens);
  };

  const step = ({ rank, atMs, work, cost, preempted, drafts, draftTokens, acceptedAt }: StepEvent) => {
    const state = ranks[rank];
    if (state === undefined) return;
    const labels = labelsOf(rank);
    const category = work.prefillTokens === 0 ? "decode" : work.decodeTokens === 0 ? "extend" : "mixed";
    scheduler.add("forwardSeconds", { ...labels, category }, (cost.computeMs + cost.memoryMs) / 1000);
    scheduler.add("realtimeTokens", { ...labels, mode: "prefill_compute" }, work.prefillTokens);
    scheduler.add("retracted", labels, preempted);
    // The hit rate is of the last batch that had prompts in it, and 0 after one that only decoded.
    state.hitRate = state.admittedTokens === 0 ? 0 : state.cachedTokens / state.admittedTokens;
    Object.assign(state, { admittedTokens: 0, cachedTokens: 0 });
    if (++state.decodingSteps >= reportEverySteps) {
      state.generation = (state.decoded / (atMs - state.sinceMs)) * 1000;
      Object.assign(state, { decoded: 0, decodingSteps: 0, sinceMs: atMs });
    }
    if (drafts === 0) return;
    const accepted = acceptedAt.reduce((sum, count) => sum + count, 0);
    scheduler.set("acceptLength", labels, 1 + accepted / drafts);
    scheduler.set("acceptRate", labels, accepted / draftTokens);
  };

  const finished = (event: FinishedEvent) => {
    if (event.reason === "abort") return server.add("aborted", whole, 1);
    server.add("requests", whole, 1);
    server.add("promptTokens", whole, event.inputTokens);
    server.add("generationTokens", whole, event.outputTokens);
    server.add("cachedTokens", whole, event.cachedTokens);
    server.observe("e2e", whole, (event.atMs - event.arrivedMs) / 1000);
    server.observe("promptLength", whole, event.inputTokens);
    server.observe("generationLength", whole, event.outputTokens);
  };

  const setGauges = (rank: number, state: RankState) => {
    const labels = labelsOf(rank);
    const decodes = labels["engine_type"] === "decode";
    scheduler.set("running", labels, state.running);
    scheduler.set("queued", labels, decodes ? 0 : state.waiting);
    scheduler.set("decodePrealloc", labels, decodes ? state.waiting : 0);
    scheduler.set("decodeTransfer", labels, state.deferred);
    scheduler.set("usedTokens", labels, Math.round(state.kvUsage * capacityTokens));
    scheduler.set("tokenUsage", labels, Math.round(state.kvUsage * 100) / 100);
    scheduler.set("fullTokenUsage", labels, state.kvUsage);
    scheduler.set("maxTokens", labels, capacityTokens);
    scheduler.set("generation", labels, state.running === 0 ? 0 : (ranks[rank]?.generation ?? 0));
    scheduler.set("hitRate", labels, ranks[rank]?.hitRate ?? 0);
    scheduler.set("evictedTokens", labels, state.evictedBlocks * profile.kvCache.blockTokens);
  };

  return {
    observe(event) {
      if (event.kind === "tokens") tokens(event);
      else if (event.kind === "step") step(event);
      else if (event.kind === "finished") finished(event);
      else admitted(event);
    },
    render(states) {
      states.forEach((state, rank) => setGauges(rank, state));
      return scheduler.render() + server.render();
    },
  };
}

function engineType({ split }: EngineProfile, rank: number): string {
  if (split === undefined) return "unified";
  return rank < split.prefillRanks ? "prefill" : "decode";
}
