/**
 * From the facts of a run to what each field says: withheld, for a reason that no single request decides, or a bucket
 * that the noise has chosen.
 */
import { noisyChoice, noisyQuantile, noisySum } from "./noise-mechanisms.ts";
import type { NextByte } from "./noise-samplers.ts";
import {
  cliffBucketOf,
  gpuBucketOf,
  kvUsageBucketOf,
  kvUsageBuckets,
  shareBucketOf,
  ttftBucketOf,
  ttftBuckets,
} from "./payload-buckets.ts";
import type { PayloadFacts, PayloadTable } from "./payload-facts.ts";
import {
  type FieldName,
  fieldNames,
  hitRateEpsilonMilli,
  payloadFields,
  type WithheldReason,
} from "./payload-fields.ts";

/** A withheld field that is `spent` had its noise drawn, so its ε counts. */
export type Outcome = { bucket: number } | { withheld: WithheldReason; spent: boolean };

export type Outcomes = Readonly<Record<FieldName, Outcome>>;

/** The stream of bytes of a field: the same one each time, so that a payload is always the same. */
export type StreamOfField = (field: FieldName) => NextByte;

/** @param streamOf null when the run has no usable seed */
export function outcomesOf(facts: PayloadFacts, streamOf: StreamOfField | null): Outcomes {
  const outcomes = fieldNames.map((field): [FieldName, Outcome] => {
    const prepared = prepare(field, facts);
    if (typeof prepared === "string") return [field, { withheld: prepared, spent: false }];
    return [field, streamOf === null ? { withheld: "no_seed", spent: false } : prepared(streamOf(field))];
  });
  return Object.fromEntries(outcomes) as Record<FieldName, Outcome>;
}

type Release = (next: NextByte) => Outcome;

/** What is left to do once the noise is there, or why the field is withheld without any. */
function prepare(field: FieldName, facts: PayloadFacts): Release | WithheldReason {
  const { kind, gpus, cliff, table } = facts;
  const { kinds, smallestN } = payloadFields[field];
  if (kinds[kind] === undefined) return "not_in_kind";
  if (field === "gpu_count") return gpus === null ? "not_declared" : choice(field, gpuBucketOf(gpus));
  if (field === "concurrency_cliff")
    return cliff === null ? "not_a_sweep" : choice(field, cliffBucketOf(cliff.concurrency));
  if (facts.isSweep) return "sweep";
  if (table === null) return "n_not_public";
  if (field === "kv_cache_usage_p95" && !facts.hasKvUsage) return "no_metrics";
  if (field === "prefix_cache_hit_rate" && !facts.asksForUsage) return "not_counted";
  if (smallestN !== null && table.n < smallestN) return "n_too_small";
  return releaseOf[field](table);
}

const releaseOf: Record<Exclude<FieldName, "gpu_count" | "concurrency_cliff">, (table: PayloadTable) => Release> = {
  ttft_p50: (table) => quantile("ttft_p50", 500, countTtfts(table)),
  ttft_p99: (table) => quantile("ttft_p99", 990, countTtfts(table)),
  kv_cache_usage_p95: (table) => quantile("kv_cache_usage_p95", 950, countKvUsages(table)),
  prefix_cache_hit_rate: hitRate,
  tool_stall_share: ({ n, records }) => {
    const sumMilli = records.reduce((sum, { toolStallShare }) => sum + milliOf(toolStallShare ?? 0), 0n);
    const { epsilonMilli } = payloadFields.tool_stall_share;
    return (next) => ({ bucket: shareBucketOf(noisySum(sumMilli, 1000n, epsilonMilli, next), BigInt(n)) });
  },
};

function choice(field: "gpu_count" | "concurrency_cliff", truth: number): Release {
  const { buckets, epsilonMilli } = payloadFields[field];
  return (next) => ({ bucket: noisyChoice(truth, buckets.length, epsilonMilli, next) });
}

function quantile(field: FieldName, perMille: number, counts: readonly number[]): Release {
  return (next) => ({ bucket: noisyQuantile(counts, perMille, payloadFields[field].epsilonMilli, next) });
}

/**
 * The mean over the requests for which the server gave cached tokens. How many those are is up to the requests, so it
 * gets noise of its own.
 */
function hitRate({ n, records }: PayloadTable): Release {
  const shares = records.flatMap(({ cachedShare }) => (cachedShare === null ? [] : [milliOf(cachedShare)]));
  const sumMilli = shares.reduce((sum, share) => sum + share, 0n);
  const uncounted = BigInt(n - shares.length);
  return (next) => {
    const noisySumMilli = noisySum(sumMilli, 1000n, hitRateEpsilonMilli.sum, next);
    const noisyUncounted = noisySum(uncounted, 1n, hitRateEpsilonMilli.uncounted, next);
    const counted = BigInt(n) - (noisyUncounted > 0n ? noisyUncounted : 0n);
    if (counted * 2n < BigInt(n)) return { withheld: "too_few_counted", spent: true };
    return { bucket: shareBucketOf(noisySumMilli, counted) };
  };
}

function countTtfts({ n, records }: PayloadTable): number[] {
  const counts = ttftBuckets.map(() => 0);
  for (const { ttftMs } of records) add(counts, ttftBucketOf(ttftMs), 1);
  return add(counts, ttftBucketOf(null), n - records.length);
}

/** A request before which nothing was scraped counts as sent to an empty cache. */
function countKvUsages({ n, records }: PayloadTable): number[] {
  const counts = kvUsageBuckets.map(() => 0);
  for (const { kvUsage } of records) add(counts, kvUsageBucketOf(kvUsage ?? 0), 1);
  return add(counts, 0, n - records.length);
}

function add(counts: number[], bucket: number, count: number): number[] {
  counts[bucket] = (counts[bucket] ?? 0) + count;
  return counts;
}

/** Thousandths of a share, held to 0 to 1000 before anything is added up: that is what the noise is made for. */
function milliOf(share: number): bigint {
  return Number.isFinite(share) ? BigInt(Math.floor(Math.min(1, Math.max(0, share)) * 1000)) : 0n;
}
