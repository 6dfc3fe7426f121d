/**
 * One engine: a queue, a batch, a KV cache and a step that is running or not. The caller says when time has come; the
 * engine says what happened through `emit`.
 */
import type { Random } from "../../random.ts";
import { createDeviceState, type DeviceState } from "./device-state.ts";
import type { FinishReason, SimulationEvent } from "./events.ts";
import { createKvCache, type KvCache } from "./kv-cache.ts";
import { planStep, type Scheduled, type StepPlan } from "./plan-step.ts";
import type { EngineProfile } from "./profile.ts";
import { admittedEvent, finishedEvent, tokensEvent } from "./sequence-events.ts";
import { knownTokens, type Place, type Sequence } from "./sequence.ts";
import { stepCost, type StepCost, type StepWork, workOf } from "./step-time.ts";

export interface Rank extends Place {
  readonly index: number;
  readonly waiting: readonly Sequence[];
  readonly running: readonly Sequence[];
  readonly cache: KvCache;
  readonly device: DeviceState;
  enqueue(sequence: Sequence, nowMs: number): void;
  /** The end of its step, or the moment from which it can start one; null when it has nothing to do. */
  nextMs(): number | null;
  /** Ends the step that is due, if one is. */
  endStep(nowMs: number): void;
  /** Starts a step if it is idle and has work. */
  startStep(nowMs: number): void;
}

export interface RankContext {
  profile: EngineProfile;
  random: Random;
  emit(event: SimulationEvent): void;
  /** Set for a rank that only prefills: takes over a sequence, with its blocks, whose prompt is computed. */
  handOver?(sequence: Sequence, nowMs: number): void;
}

interface RunningStep {
  plan: StepPlan;
  work: StepWork;
  cost: StepCost;
  startMs: number;
  endMs: number;
}

export function createRank(index: number, { profile, random, emit, handOver }: RankContext): Rank {
  const waiting: Sequence[] = [];
  const running: Sequence[] = [];
  const cache = createKvCache(profile.kvCache);
  const device = createDeviceState(profile);
  let step: RunningStep | null = null;
  let wakeMs: number | null = null;

  const leave = (sequence: Sequence, atMs: number, reason: FinishReason) => {
    cache.release(sequence.table);
    remove(running, sequence);
    emit(finishedEvent(sequence, index, atMs, reason));
  };

  const compute = ({ sequence, tokens, drafts, decoding }: Scheduled, atMs: number, acceptedAt: number[]) => {
    const accepted = acceptDrafts(profile, random, drafts, acceptedAt);
    sequence.computedTokens += tokens - drafts + accepted;
    const full = Math.floor(sequence.computedTokens / profile.kvCache.blockTokens);
    cache.publish(sequence.table, sequence.blockHashes, sequence.publishedBlocks, full);
    sequence.publishedBlocks = Math.max(full, sequence.publishedBlocks);
    if (!decoding && sequence.computedTokens < knownTokens(sequence)) return;
    if (handOver === undefined) return produce(sequence, 1 + accepted, atMs);
    remove(running, sequence);
    handOver(sequence, atMs);
  };

  const produce = (sequence: Sequence, tokens: number, atMs: number) => {
    const fresh = Math.min(tokens, sequence.outputTokens - sequence.producedTokens);
    const done = sequence.producedTokens + fresh >= sequence.outputTokens;
    emit(tokensEvent(sequence, index, atMs, fresh, done));
    sequence.producedTokens += fresh;
    sequence.firstTokenMs ??= atMs;
    sequence.lastTokenMs = atMs;
    if (done) leave(sequence, atMs, sequence.finish);
  };

  const place: Place = {
    cancel(sequence, nowMs) {
      // The batch on the device cannot be changed: what is in it leaves when the step ends.
      if (!remove(waiting, sequence) && step !== null) sequence.cancelled = true;
      else leave(sequence, nowMs, "abort");
    },
  };

  return {
    ...{ index, waiting, running, cache, device, ...place },
    enqueue(sequence, nowMs) {
      sequence.place = place;
      waiting.push(sequence);
      wakeMs ??= nowMs;
    },
    nextMs: () => step?.endMs ?? wakeMs,
    endStep(nowMs) {
      if (step === null || step.endMs > nowMs) return;
      const { plan, work, cost, startMs, endMs } = step;
      step = null;
      const acceptedAt: number[] = [];
      for (const scheduled of plan.scheduled) if (!scheduled.sequence.cancelled) compute(scheduled, endMs, acceptedAt);
      for (const sequence of running.filter(({ cancelled }) => cancelled)) leave(sequence, endMs, "abort");
      const drafting = plan.scheduled.filter(({ drafts }) => drafts > 0);
      const draftTokens = drafting.reduce((sum, { drafts }) => sum + drafts, 0);
      emit({
        ...{ kind: "step", rank: index, startMs, atMs: endMs, work, cost },
        ...{ preempted: plan.preempted, drafts: drafting.length, draftTokens, acceptedAt },
      });
      wakeMs = running.length + waiting.length > 0 ? endMs : null;
    },
    startStep(nowMs) {
      if (step !== null || wakeMs === null) return;
      wakeMs = null;
      const plan = planStep(profile, cache, waiting, running);
      for (const sequence of plan.admitted) {
        sequence.scheduledMs = nowMs;
        emit(admittedEvent(sequence, index, nowMs));
      }
      if (plan.scheduled.length === 0) return;
      const work = workOf(plan.scheduled);
      const cost = stepCost(profile, work, device.clockAt(nowMs));
      device.run(nowMs, cost);
      step = { plan, work, cost, startMs: nowMs, endMs: nowMs + cost.durationMs };
    },
  };
}

/** Drafts are accepted from the first on, each with the same chance, until one is not. */
function acceptDrafts(profile: EngineProfile, random: Random, drafts: number, acceptedAt: number[]): number {
  const chance = profile.speculation?.acceptance ?? 0;
  let accepted = 0;
  while (accepted < drafts && random.uniform() < chance) {
    acceptedAt[accepted] = (acceptedAt[accepted] ?? 0) + 1;
    accepted++;
  }
  return accepted;
}

function remove(list: Sequence[], sequence: Sequence): boolean {
  const place = list.indexOf(sequence);
  if (place >= 0) list.splice(place, 1);
  return place >= 0;
}
