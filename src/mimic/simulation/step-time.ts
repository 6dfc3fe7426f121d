/**
 * How long one engine step takes and what it costs a device: pure arithmetic on what is in the batch.
 *
 * The roofline form adds the time to move the bytes to the time to compute, as if nothing overlapped. That is at most
 * twice the classical maximum of the two, and near it wherever one of them dominates (Williams, Waterman and Patterson,
 * "Roofline", CACM 2009; the counts of FLOPs and bytes follow Pope et al., "Efficiently Scaling Transformer Inference",
 * 2022, sections 2 and 3).
 */
import type { Scheduled } from "./plan-step.ts";
import type { EngineProfile, LinearStep, Model, RooflineStep } from "./profile.ts";

/** What one step computes. */
export interface StepWork {
  /** Tokens of prompts, and of sequences that compute again after a preemption. */
  prefillTokens: number;
  /** Tokens of sequences that decode, drafts included. */
  decodeTokens: number;
  /** Sequences that decode. */
  decodeSequences: number;
  /** Tokens whose keys and values are read. */
  contextTokens: number;
  /** Pairs of a computed token and a token that it attends to. */
  attendedPairs: number;
}

/** Bytes and FLOPs are of one device. */
export interface StepCost {
  durationMs: number;
  computeMs: number;
  memoryMs: number;
  flops: number;
  readBytes: number;
  writeBytes: number;
}

export function workOf(scheduled: readonly Scheduled[]): StepWork {
  const work = { prefillTokens: 0, decodeTokens: 0, decodeSequences: 0, contextTokens: 0, attendedPairs: 0 };
  for (const { sequence, tokens, decoding } of scheduled) {
    if (decoding) {
      work.decodeTokens += tokens;
      work.decodeSequences++;
    } else {
      work.prefillTokens += tokens;
    }
    work.contextTokens += sequence.computedTokens + tokens;
    work.attendedPairs += tokens * sequence.computedTokens + (tokens * (tokens + 1)) / 2;
  }
  return work;
}

/** `clock` is the device's present clock as a share of its full one: compute slows with it, memory does not. */
export function stepCost(profile: EngineProfile, work: StepWork, clock = 1): StepCost {
  const cost = profile.step.kind === "linear" ? linear(profile.step, work) : roofline(profile, profile.step, work);
  const draftMs = work.decodeSequences > 0 ? (profile.speculation?.draftMs ?? 0) : 0;
  const hostMs = profile.host?.stepMs ?? 0;
  const computeMs = (cost.computeMs + draftMs) / clock;
  return { ...cost, computeMs, durationMs: computeMs + cost.memoryMs + cost.otherMs + hostMs };
}

type DeviceCost = Omit<StepCost, "durationMs"> & { otherMs: number };

function linear(step: LinearStep, work: StepWork): DeviceCost {
  return {
    computeMs: (work.prefillTokens / step.prefillTokensPerSecond) * 1000,
    memoryMs: step.baseMs + step.perSequenceMs * work.decodeSequences,
    otherMs: 0,
    flops: 0,
    readBytes: 0,
    writeBytes: 0,
  };
}

function roofline({ device, devices }: EngineProfile, step: RooflineStep, work: StepWork): DeviceCost {
  const { model } = step;
  const tokens = work.prefillTokens + work.decodeTokens;
  const active = model.sparse?.activeParameters ?? model.parameters;
  const attention = 4 * model.layers * model.attentionWidth * work.attendedPairs;
  const flops = (2 * active * tokens + attention) / devices;
  const readBytes = (weightBytesRead(model, tokens) + kvBytesPerToken(model) * work.contextTokens) / devices;
  const writeBytes = (kvBytesPerToken(model) * tokens) / devices;
  return {
    computeMs: (flops / (device.flopsPerSecond * step.computeEfficiency)) * 1000,
    memoryMs: ((readBytes + writeBytes) / (device.bandwidthBytesPerSecond * step.bandwidthEfficiency)) * 1000,
    otherMs: step.overheadMs + (devices > 1 ? (2 * model.layers * step.allReduceUs) / 1000 : 0),
    flops,
    readBytes,
    writeBytes,
  };
}

/** Keys and values of one token, over all layers. */
export function kvBytesPerToken(model: Model): number {
  return 2 * model.layers * model.kvHeads * model.headSize * model.bytesPerKvValue;
}

/** Of a mixture of experts a step reads the experts that at least one of its tokens was sent to, at random. */
function weightBytesRead(model: Model, tokens: number): number {
  if (model.sparse === null) return model.parameters * model.bytesPerWeight;
  const { activeParameters, experts, expertsPerToken } = model.sparse;
  const share = expertsPerToken / experts;
  const inExperts = (model.parameters - activeParameters) / (1 - share);
  const touched = 1 - (1 - share) ** tokens;
  return (model.parameters - inExperts * (1 - touched)) * model.bytesPerWeight;
}
