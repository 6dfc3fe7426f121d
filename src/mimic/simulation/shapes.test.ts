/**
 * The shapes that practitioners know, from the arithmetic of a device and a model alone: nothing in the simulation says
 * that they should come out. The expected numbers are reckoned here, from the profile's inputs.
 */
import { describe, expect, it } from "vitest";
import { profiles } from "../profiles.ts";
import { createSimulation } from "../simulation.ts";
import { runClosedLoop } from "./closed-loop.fixture.ts";
import type { EngineProfile, RooflineStep } from "./profile.ts";
import { kvBytesPerToken } from "./step-time.ts";

function profileNamed(name: string): EngineProfile & { step: RooflineStep } {
  const profile = profiles.find((one) => one.name === name);
  if (profile?.step.kind !== "roofline") throw new Error(`no such profile: ${name}`);
  return { ...profile, step: profile.step };
}

const h100 = profileNamed("h100-8b");

describe("a simulated H100 with an 8B model", () => {
  it("gives more tokens per second the larger the batch, until reading the cache outweighs reading the weights", () => {
    const { model, bandwidthEfficiency, computeEfficiency, overheadMs } = h100.step;
    const context = 500 + 250;
    const bytesPerMs = (h100.device.bandwidthBytesPerSecond * bandwidthEfficiency) / 1000;
    const flopsPerMs = (h100.device.flopsPerSecond * computeEfficiency) / 1000;
    // Weights once a step; the cache of each sequence; two FLOPs a weight and token.
    const stepMs = (batch: number) =>
      (model.parameters * model.bytesPerWeight + batch * context * kvBytesPerToken(model)) / bytesPerMs +
      (2 * model.parameters * batch) / flopsPerMs +
      overheadMs;
    const measured = new Map<number, number>();
    for (const concurrency of [1, 2, 16, 64, 256]) {
      const load = { concurrency, inputTokens: 500, outputTokens: 500, seconds: 60 };
      const result = runClosedLoop(h100, load);
      measured.set(concurrency, result.tokensPerSecond);
      const decoding = result.steps.filter(
        ({ work }) => work.prefillTokens === 0 && work.decodeSequences === concurrency,
      );
      const meanMs = decoding.reduce((sum, { cost }) => sum + cost.durationMs, 0) / decoding.length;
      expect(decoding.length).toBeGreaterThan(100);
      expect(meanMs / stepMs(concurrency)).toBeCloseTo(1, 1);
    }
    const gain = (from: number, to: number) => (measured.get(to) ?? 0) / (measured.get(from) ?? 1);
    // Small batches ride on weights that are read anyway; of a fourfold large one, half is lost to the cache.
    expect(gain(1, 2)).toBeGreaterThan(1.9);
    expect(gain(1, 16)).toBeGreaterThan(12);
    expect(gain(64, 256)).toBeGreaterThan(1.2);
    expect(gain(64, 256)).toBeLessThan(2.2);
  });

  it("falls off the KV cliff: more requests than the cache holds preempt each other, and everyone is slower", () => {
    const tokensEach = 2000;
    const fits = Math.floor((h100.kvCache.blocks * h100.kvCache.blockTokens) / tokensEach);
    expect(fits).toBe(201);
    const roomy = { ...h100, scheduler: { ...h100.scheduler, maxSequences: 1024 } };
    const load = { inputTokens: 1000, outputTokens: 1000, seconds: 100 };
    const below = runClosedLoop(roomy, { ...load, concurrency: fits });
    const above = runClosedLoop(roomy, { ...load, concurrency: 2 * fits });
    expect(below.preemptions).toBe(0);
    expect(below.prefillTokens).toBeLessThanOrEqual(below.submitted * 1000);
    expect(above.preemptions).toBeGreaterThan(fits);
    // What was preempted is computed again: a quarter more prompt work at the least, for less output.
    expect(above.prefillTokens).toBeGreaterThan(1.25 * above.submitted * 1000);
    expect(above.tokensPerSecond).toBeLessThan(0.95 * below.tokensPerSecond);
    // Somebody's stream stood still for seconds; nobody's did before.
    expect(below.longestGapMs).toBeLessThan(500);
    expect(above.longestGapMs).toBeGreaterThan(5000);
  });

  it("stalls every stream for a whole prompt without chunked prefill, and for one chunk with it", () => {
    const promptTokens = 16_384;
    const budget = 512;
    const { model, bandwidthEfficiency, computeEfficiency, overheadMs } = h100.step;
    const flopsPerMs = (h100.device.flopsPerSecond * computeEfficiency) / 1000;
    const bytesPerMs = (h100.device.bandwidthBytesPerSecond * bandwidthEfficiency) / 1000;
    const prefillMs = (tokens: number, before: number) =>
      (2 * model.parameters * tokens +
        4 * model.layers * model.attentionWidth * (tokens * before + (tokens * (tokens + 1)) / 2)) /
      flopsPerMs;
    const weightsMs = (model.parameters * model.bytesPerWeight) / bytesPerMs;

    const gapsWith = (chunkedPrefill: boolean) => {
      const profile = { ...h100, scheduler: { ...h100.scheduler, chunkedPrefill, tokenBudget: budget } };
      const simulation = createSimulation(profile, 1);
      simulation.submit({ id: "stream", nowMs: 0, inputTokens: 100, outputTokens: 500 });
      simulation.submit({ id: "long", nowMs: 1000, inputTokens: promptTokens, outputTokens: 2 });
      const tokens = simulation.advance(Infinity).filter((event) => event.kind === "tokens");
      const stream = tokens.filter(({ id }) => id === "stream").map(({ gapMs }) => gapMs ?? 0);
      const long = tokens.find(({ id }) => id === "long");
      return { longestMs: Math.max(...stream), usualMs: stream.at(-1) ?? 0, firstTokenMs: (long?.atMs ?? 0) - 1000 };
    };
    const whole = gapsWith(false);
    const chunked = gapsWith(true);
    // The whole prompt, then the decode step that waited: its compute and the weights read twice.
    expect(whole.longestMs / (prefillMs(promptTokens, 0) + 2 * (weightsMs + overheadMs))).toBeCloseTo(1, 1);
    expect(whole.longestMs).toBeGreaterThan(500);
    // The last chunk attends to everything before it and is the longest; it reads the weights and the cache once.
    const cacheMs = (promptTokens * kvBytesPerToken(model)) / bytesPerMs;
    const lastChunkMs = prefillMs(budget, promptTokens - budget) + weightsMs + cacheMs + overheadMs;
    expect(chunked.longestMs / lastChunkMs).toBeCloseTo(1, 2);
    expect(chunked.longestMs).toBeLessThan(whole.longestMs / 10);
    expect(chunked.longestMs).toBeGreaterThan(2 * chunked.usualMs);
    // The price: the prompt itself takes longer, by a step's fixed costs for each of its chunks.
    const chunks = promptTokens / (budget - 1);
    expect(chunked.firstTokenMs - whole.firstTokenMs).toBeGreaterThan(0.9 * (chunks - 1) * weightsMs);
  });
});
