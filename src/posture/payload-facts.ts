/**
 * What a payload may be worked out from: a few numbers of a run, copied one by one into fresh objects. No string of the
 * run comes along, so nothing after this can let one out.
 */
import type { BenchPlan } from "../runs/schemas/bench-plan.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import type { TimelineRow } from "../runs/schemas/timeline.ts";
import { cliffOf } from "./payload-cliff.ts";
import type { PayloadClaim, PayloadKind } from "./payload-fields.ts";

/** One request as the noise protects it: replacing it whole is what nobody can tell. */
export interface PayloadRecord {
  /** Null: no first token. */
  ttftMs: number | null;
  /** Null: nothing was scraped before it was sent. */
  kvUsage: number | null;
  /** Null: the server gave no counts for it. */
  cachedShare: number | null;
  /** Null outside of traces. */
  toolStallShare: number | null;
}

/**
 * Exactly as many records as a flag fixed, whatever the run came to, so that their number says nothing that the flag has
 * not said. Those that the run did not get to are not in `records`; each counts as a request without a first token.
 */
export interface PayloadTable {
  n: number;
  records: readonly PayloadRecord[];
}

export interface PayloadFacts {
  kind: PayloadKind;
  claim: PayloadClaim;
  /** Null: no flag fixed how many there are. */
  table: PayloadTable | null;
  /** Null: not a sweep over concurrency. Its concurrency is null where the sweep has no cliff. */
  cliff: { concurrency: number | null } | null;
  isSweep: boolean;
  /** Some scrape had the KV cache's usage. That is taken as public: no request decides it. */
  hasKvUsage: boolean;
  /** The server was asked for its token counts. */
  asksForUsage: boolean;
  /** As a flag declares them. */
  gpus: number | null;
}

export interface RunNumbers {
  plan: BenchPlan;
  requests: readonly RequestRow[];
  timeline: readonly TimelineRow[];
}

const kindOf: Record<BenchPlan["command"], PayloadKind> = { bench: "bench-summary" };

export function factsOf({ plan, requests, timeline }: RunNumbers): PayloadFacts {
  const measured = requests.filter((row) => row.phase === "measured");
  const usages = kvUsagesOf(timeline);
  return {
    kind: kindOf[plan.command],
    claim: plan.target.kind === "mimic" ? "synthetic" : "measured",
    table: tableOf(plan, measured, usages),
    cliff: cliffOf(plan.levels, measured),
    isSweep: plan.levels.length > 1,
    hasKvUsage: usages.length > 0,
    asksForUsage: plan.target.stream_usage,
    gpus: plan.gpus,
  };
}

function tableOf(plan: BenchPlan, measured: readonly RequestRow[], usages: readonly KvUsage[]): PayloadTable | null {
  if (plan.requests === null || plan.duration_ms !== null || plan.levels.length > 1) return null;
  const rows = measured.toSorted((a, b) => a.id - b.id).slice(0, plan.requests);
  return { n: plan.requests, records: rows.map((row) => recordOf(row, usages)) };
}

function recordOf(row: RequestRow, usages: readonly KvUsage[]): PayloadRecord {
  return {
    ttftMs: row.first_token_ms === null || row.sent_ms === null ? null : row.first_token_ms - row.sent_ms,
    kvUsage: lastBefore(row.sent_ms ?? row.intended_ms, usages),
    cachedShare: cachedShareOf(row),
    toolStallShare: null,
  };
}

/** Null unless the server counted both. */
export function cachedShareOf({
  token_source,
  cached_tokens,
  input_tokens,
}: Pick<RequestRow, "token_source" | "cached_tokens" | "input_tokens">): number | null {
  if (token_source !== "server" || cached_tokens === null || input_tokens === null || !(input_tokens > 0)) return null;
  return cached_tokens / input_tokens;
}

interface KvUsage {
  atMs: number;
  usage: number;
}

/** In the order of time. The name is the one of src/metrics/names.ts; a test holds the two together. */
function kvUsagesOf(timeline: readonly TimelineRow[]): KvUsage[] {
  return timeline
    .flatMap(({ t_ms: atMs, gauges }) => {
      const usage = gauges["kv_cache_usage"];
      return usage === undefined || !Number.isFinite(usage) || !Number.isFinite(atMs) ? [] : [{ atMs, usage }];
    })
    .toSorted((a, b) => a.atMs - b.atMs);
}

/** The last usage before `ms`, by halving. */
function lastBefore(ms: number, usages: readonly KvUsage[]): number | null {
  let low = 0;
  let high = usages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((usages[middle] as KvUsage).atMs < ms) low = middle + 1;
    else high = middle;
  }
  return usages[low - 1]?.usage ?? null;
}
