/**
 * What the payload of a trace may be worked out from: a few numbers of its model calls, copied one by one into fresh
 * objects, as src/posture/payload-facts.ts does it for a run of bench.
 */
import type { ModelCall, TraceNode } from "../runs/schemas/agent-trace.ts";
import type { TracePlan } from "../runs/schemas/trace-plan.ts";
import { cachedShareOf, type PayloadFacts, type PayloadRecord } from "./payload-facts.ts";
import type { PayloadClaim } from "./payload-fields.ts";

export interface TraceNumbers {
  plan: TracePlan;
  claim: PayloadClaim;
  nodes: readonly TraceNode[];
}

export function traceFactsOf({ plan, claim, nodes }: TraceNumbers): PayloadFacts {
  const { model_calls: n } = plan;
  return {
    kind: "agent-trace-summary",
    claim,
    table: n === null ? null : { n, records: recordsOf(nodes).slice(0, n) },
    cliff: null,
    isSweep: false,
    hasKvUsage: false,
    // The agent asks, or does not: no flag says so.
    asksForUsage: true,
    gpus: null,
  };
}

/** In the order in which the requests were whole. */
function recordsOf(nodes: readonly TraceNode[]): PayloadRecord[] {
  const calls = nodes.filter((node) => node.kind === "model_call").sort((a, b) => a.id - b.id);
  const ends = new Map(calls.map(({ id, end_ms }) => [id, end_ms]));
  const stalls = new Map<number, { stallMs: number; fromMs: number }>();
  for (const node of nodes) {
    const fromMs = node.kind === "tool_call" && node.parent !== null ? ends.get(node.parent) : undefined;
    if (node.kind !== "tool_call" || node.stall_ms === null || fromMs === undefined) continue;
    stalls.set(node.id, { stallMs: node.stall_ms, fromMs });
  }
  return calls.map((call) => ({
    ttftMs: call.ttft_ms,
    kvUsage: null,
    cachedShare: cachedShareOf(call),
    toolStallShare: toolStallShareOf(call, stalls),
  }));
}

/**
 * Of the time from the end of the call that asked for tools to the end of the one that brings their results, the share in
 * which the endpoint waited for them. Of several tools the largest; 0 for a call that brings no result.
 */
function toolStallShareOf(
  { carries, end_ms: endMs }: ModelCall,
  stalls: ReadonlyMap<number, { stallMs: number; fromMs: number }>,
): number {
  const shares = carries.flatMap((node) => {
    const stall = stalls.get(node);
    return stall === undefined ? [] : [stall.stallMs / (endMs - stall.fromMs)];
  });
  // No time at all, and numbers of a file that somebody has changed, are no share.
  return shares.filter(Number.isFinite).reduce((most, share) => Math.max(most, Math.min(1, share)), 0);
}
