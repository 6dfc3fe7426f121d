/** The named engines that the mimic can be. docs/mimic.md says where their figures come from and which are assumed. */
import { a100, fictitious, h100, h200, l4 } from "./devices.ts";
import { llama70b, llama8b, qwen30bA3b } from "./models.ts";
import type { Device, EngineProfile, Model } from "./simulation/profile.ts";
import { kvBytesPerToken } from "./simulation/step-time.ts";

/**
 * Lively and small: one sequence decodes at about 120 tokens/s and eight of them at about 870 tokens/s together, far
 * below what a client on the same machine can read, so that a demonstration measures the engine and not the client.
 * Eight slots: at a concurrency of 16 half of the requests queue.
 */
const demo: EngineProfile = {
  name: "demo",
  about: "a small fictitious engine: 8 slots, 8 ms a step plus 0.15 ms a sequence, 20,000 prompt tokens/s",
  model: "mimic-demo",
  ranks: 1,
  scheduler: { maxSequences: 8, tokenBudget: 2048, maxModelTokens: 32768, chunkedPrefill: true },
  kvCache: { blockTokens: 16, blocks: 4096, prefixCaching: true },
  step: { kind: "linear", baseMs: 8, perSequenceMs: 0.15, prefillTokensPerSecond: 20_000 },
  device: fictitious,
  devices: 1,
  reply: { meanTokens: 128, sigma: 0.6 },
};

/** Assumptions, not published figures: what kernels reach of a device, and what an engine keeps of its memory. */
const assumed = {
  computeEfficiency: 0.55,
  bandwidthEfficiency: 0.8,
  allReduceUs: 12,
  overheadMs: 1.2,
  /** vLLM's gpu_memory_utilization, and what activations and captured graphs take of it. */
  memoryShare: 0.9,
  reservedBytes: 3e9,
};

/** An engine with vLLM's own defaults on real hardware: 256 sequences, 8,192 tokens a step, blocks of 16, chunks. */
function realEngine(name: string, device: Device, devices: number, model: Model): EngineProfile {
  const weightBytes = (model.parameters * model.bytesPerWeight) / devices;
  const cacheBytes = device.memoryBytes * assumed.memoryShare - weightBytes - assumed.reservedBytes;
  const blockTokens = 16;
  const blocks = Math.floor((cacheBytes * devices) / (kvBytesPerToken(model) * blockTokens));
  return {
    name,
    about: `${model.name} in BF16 on ${devices} × ${device.name}`,
    model: model.name,
    ranks: 1,
    scheduler: {
      maxSequences: 256,
      tokenBudget: 8192,
      // The models' own limit, or what the cache holds: vLLM does not start with more.
      maxModelTokens: Math.min(131_072, blocks * blockTokens),
      chunkedPrefill: true,
    },
    kvCache: { blockTokens, blocks, prefixCaching: true },
    step: {
      kind: "roofline",
      model,
      computeEfficiency: assumed.computeEfficiency,
      bandwidthEfficiency: assumed.bandwidthEfficiency,
      allReduceUs: assumed.allReduceUs,
      overheadMs: assumed.overheadMs,
    },
    device,
    devices,
    reply: { meanTokens: 256, sigma: 0.8 },
  };
}

const h100x8b = realEngine("h100-8b", h100, 1, llama8b);
const h100x70b = realEngine("h100x4-70b", h100, 4, llama70b);

/** Two replicas behind one address. */
const dataParallel: EngineProfile = {
  ...h100x8b,
  name: "h100-8b-dp2",
  about: `${h100x8b.about}, two data-parallel ranks`,
  ranks: 2,
};

/** One draft in five rejected is a good drafter; a draft model of a tenth of the size costs about a tenth of a step. */
const speculative: EngineProfile = {
  ...h100x70b,
  name: "h100x4-70b-spec",
  about: `${h100x70b.about}, with 3 drafts a step of which 80 % hold`,
  speculation: { draftTokens: 3, acceptance: 0.8, draftMs: 3 },
};

/** InfiniBand NDR carries 400 Gbit/s. */
const split: EngineProfile = {
  ...h100x8b,
  name: "h100-8b-split",
  about: `${h100x8b.about}, one rank that prefills and one that decodes, 50 GB/s between them`,
  ranks: 2,
  split: {
    prefillRanks: 1,
    decodeRanks: 1,
    linkBytesPerSecond: 50e9,
    latencyMs: 2,
    bytesPerToken: kvBytesPerToken(llama8b),
  },
};

/** Processors that are too slow for the device beside them: most of a small batch's step is waiting for them. */
const slowHost: EngineProfile = {
  ...h100x8b,
  name: "h100-8b-slow-host",
  about: `${h100x8b.about}, with a host that takes 15 ms a step and tokenises 20,000 tokens/s`,
  host: { stepMs: 15, tokenizerTokensPerSecond: 20_000 },
};

/** A blocked air inlet: under full load it passes the limit within a minute and the clock halves. */
const hot: EngineProfile = {
  ...h100x8b,
  name: "h100-8b-hot",
  about: `${h100x8b.about}, poorly cooled`,
  thermal: {
    ...{ ambientCelsius: 40, celsiusPerWatt: 0.12, timeConstantSeconds: 20 },
    ...{ limitCelsius: 87, recoverCelsius: 80, clock: 0.5 },
  },
};

export const profiles: readonly EngineProfile[] = [
  demo,
  h100x8b,
  h100x70b,
  realEngine("h200x2-70b", h200, 2, llama70b),
  realEngine("a100-8b", a100, 1, llama8b),
  realEngine("a100x4-70b", a100, 4, llama70b),
  realEngine("l4-8b", l4, 1, llama8b),
  realEngine("h100-30b-a3b", h100, 1, qwen30bA3b),
  dataParallel,
  speculative,
  split,
  slowHost,
  hot,
];
