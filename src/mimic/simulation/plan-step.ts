/**
 * What the next step works on: the rules of vLLM's V1 scheduler. Running sequences come first, in the order of their
 * admission; then waiting ones, first come first served, while slots, tokens and blocks last. When a running sequence
 * finds no block, the one admitted last is preempted: it loses its blocks, goes back to the head of the queue and
 * computes everything again. A step that preempted admits nobody.
 */
import type { EngineProfile } from "./profile.ts";
import { isDecoding, knownTokens, type Sequence } from "./sequence.ts";
import type { KvCache } from "./kv-cache.ts";

export interface Scheduled {
  sequence: Sequence;
  /** Tokens computed for it in this step, drafts included. */
  tokens: number;
  drafts: number;
  decoding: boolean;
}

export interface StepPlan {
  scheduled: Scheduled[];
  /** Admitted for the first time, with their cache hits in `cachedTokens`. */
  admitted: Sequence[];
  preempted: number;
}

/** Moves sequences between `waiting` and `running`, takes blocks for them, and says what the step computes. */
export function planStep(profile: EngineProfile, cache: KvCache, waiting: Sequence[], running: Sequence[]): StepPlan {
  const plan: StepPlan = { scheduled: [], admitted: [], preempted: 0 };
  if (profile.scheduler.chunkedPrefill) {
    const left = scheduleRunning(profile, cache, waiting, running, plan);
    if (plan.preempted === 0) admit(profile, cache, waiting, running, plan, left);
    return plan;
  }
  admit(profile, cache, waiting, running, plan, profile.scheduler.tokenBudget);
  if (plan.scheduled.length === 0) scheduleRunning(profile, cache, waiting, running, plan);
  return plan;
}

function scheduleRunning(
  profile: EngineProfile,
  cache: KvCache,
  waiting: Sequence[],
  running: Sequence[],
  plan: StepPlan,
): number {
  let budget = profile.scheduler.tokenBudget;
  for (let i = 0; i < running.length && budget > 0; i++) {
    const sequence = running[i];
    if (sequence === undefined) break;
    const decoding = isDecoding(sequence);
    const drafts = decoding ? Math.min(draftsFor(profile, sequence), budget - 1) : 0;
    const tokens = Math.min(knownTokens(sequence) - sequence.computedTokens, budget) + drafts;
    while (i < running.length && !reserve(profile, cache, sequence, tokens)) {
      const victim = running.pop();
      if (victim === undefined) break;
      preempt(cache, victim);
      waiting.unshift(victim);
      plan.preempted++;
    }
    if (i >= running.length) break;
    plan.scheduled.push({ sequence, tokens, drafts, decoding });
    budget -= tokens;
  }
  return budget;
}

function admit(
  profile: EngineProfile,
  cache: KvCache,
  waiting: Sequence[],
  running: Sequence[],
  plan: StepPlan,
  budget: number,
): void {
  const { maxSequences, chunkedPrefill } = profile.scheduler;
  for (let sequence = waiting[0]; sequence !== undefined; sequence = waiting[0]) {
    if (budget <= 0 || running.length >= maxSequences) return;
    // The last token is always computed: its output is what the first new token is sampled from.
    const reusable = Math.floor((knownTokens(sequence) - 1) / profile.kvCache.blockTokens);
    const cached = sequence.table.length > 0 ? [] : cache.match(sequence.blockHashes, reusable);
    const found = sequence.computedTokens + cached.length * profile.kvCache.blockTokens;
    const missing = knownTokens(sequence) - found;
    // Without chunks a prompt longer than the budget still runs, alone.
    if (!chunkedPrefill && missing > budget && plan.scheduled.length > 0) return;
    const tokens = chunkedPrefill ? Math.min(missing, budget) : missing;
    const held = sequence.table.length + cached.length;
    if (!cache.allocate(sequence.table, cached, Math.max(0, blocksFor(profile, found + tokens) - held))) return;
    waiting.shift();
    running.push(sequence);
    sequence.computedTokens = found;
    sequence.publishedBlocks = Math.max(sequence.publishedBlocks, cached.length);
    if (sequence.scheduledMs === null) {
      sequence.cachedTokens = cached.length * profile.kvCache.blockTokens;
      plan.admitted.push(sequence);
    }
    plan.scheduled.push({ sequence, tokens, drafts: 0, decoding: false });
    budget -= tokens;
  }
}

function reserve(profile: EngineProfile, cache: KvCache, sequence: Sequence, tokens: number): boolean {
  const missing = blocksFor(profile, sequence.computedTokens + tokens) - sequence.table.length;
  return missing <= 0 || cache.allocate(sequence.table, [], missing);
}

function preempt(cache: KvCache, sequence: Sequence): void {
  cache.release(sequence.table);
  sequence.computedTokens = 0;
  sequence.publishedBlocks = 0;
}

function blocksFor(profile: EngineProfile, tokens: number): number {
  return Math.ceil(tokens / profile.kvCache.blockTokens);
}

/** Drafting past the end of the output would take blocks that nothing was promised. */
function draftsFor(profile: EngineProfile, sequence: Sequence): number {
  const remaining = sequence.outputTokens - sequence.producedTokens;
  return Math.min(profile.speculation?.draftTokens ?? 0, remaining - 1);
}
