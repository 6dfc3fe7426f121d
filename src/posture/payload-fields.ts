/**
 * What a telemetry payload can say, as one table: each field's few possible values, how it gets its noise, what that
 * costs, and why it may be withheld. The schema, the builder, the capacity and the specification all come from here.
 */
import { kvUsageBuckets, shareBuckets, ttftBuckets } from "./payload-buckets.ts";

export const payloadKinds = ["bench-summary", "agent-trace-summary", "metrics-rollup"] as const;
export type PayloadKind = (typeof payloadKinds)[number];

/** Where the numbers come from: an engine, or InferGuard's own simulated one. */
export const payloadClaims = ["measured", "synthetic"] as const;
export type PayloadClaim = (typeof payloadClaims)[number];

/** In the order in which a payload has them. */
export const fieldNames = [
  "ttft_p50",
  "ttft_p99",
  "kv_cache_usage_p95",
  "prefix_cache_hit_rate",
  "tool_stall_share",
  "gpu_count",
  "concurrency_cliff",
] as const;
export type FieldName = (typeof fieldNames)[number];

/** Why a field says `withheld`, one sentence each. */
export const withheldReasons = {
  not_in_kind: "this kind of payload never has it",
  n_not_public:
    "no flag fixed the number of requests: --requests does, and --model-calls of a trace; --duration does not",
  n_too_small:
    "--requests, or --model-calls of a trace, is below the smallest number with which the noise leaves anything to see",
  sweep: "a run of several load levels releases its cliff alone",
  not_a_sweep: "the run does not compare several levels of --concurrency",
  no_metrics: "no scrape of the run has the KV cache's usage",
  not_counted: "the server was not asked for its token counts",
  too_few_counted: "the server gave cached tokens for too few of the requests, as far as the noise lets that be seen",
  not_declared: "--gpus was not given",
  no_seed: "the run has no usable noise.seed, so there is no noise to add",
} as const;
export type WithheldReason = keyof typeof withheldReasons;

/** Whom the noise protects. `row`: one request's record. `run`: the whole run. */
export type PrivacyUnit = "row" | "run" | "row_and_run";
/** The two relations between runs that the noise hides, as a payload words them. */
export const rowNeighbours = "two runs that differ in one request's record; the number of requests is public";
export const runNeighbours = "any two runs; which flags were given is public";

export type Mechanism = "permute_and_flip" | "discrete_laplace" | "k_ary_randomised_response";

export interface PayloadField {
  meaning: string;
  /** Its possible values, in order; `withheld` comes on top. */
  buckets: readonly string[];
  mechanism: Mechanism;
  unit: PrivacyUnit;
  /** ε in thousandths. */
  epsilonMilli: number;
  /** The smallest public number of requests with which it is released; null where their number does not matter. */
  smallestN: number | null;
  /** The kinds that can have it, each with the reasons for which it may be withheld all the same. */
  kinds: Partial<Record<PayloadKind, readonly WithheldReason[]>>;
}

const ofRows = ["n_not_public", "n_too_small", "no_seed"] as const;

export const payloadFields: Readonly<Record<FieldName, PayloadField>> = {
  ttft_p50: {
    meaning: "Median time to first token.",
    buckets: ttftBuckets,
    mechanism: "permute_and_flip",
    unit: "row",
    epsilonMilli: 150,
    smallestN: 231,
    kinds: { "bench-summary": [...ofRows, "sweep"], "agent-trace-summary": ofRows },
  },
  ttft_p99: {
    meaning: "99th percentile of the time to first token.",
    buckets: ttftBuckets,
    mechanism: "permute_and_flip",
    unit: "row",
    epsilonMilli: 250,
    smallestN: 6932,
    kinds: { "bench-summary": [...ofRows, "sweep"], "agent-trace-summary": ofRows },
  },
  kv_cache_usage_p95: {
    meaning: "95th percentile, over requests, of the share of the KV cache in use when each was sent.",
    buckets: kvUsageBuckets,
    mechanism: "permute_and_flip",
    unit: "row",
    epsilonMilli: 150,
    smallestN: 2040,
    kinds: { "bench-summary": [...ofRows, "sweep", "no_metrics"] },
  },
  prefix_cache_hit_rate: {
    meaning: "Mean over requests of the share of input tokens that the server took from its prefix cache.",
    buckets: shareBuckets,
    mechanism: "discrete_laplace",
    unit: "row",
    epsilonMilli: 150,
    smallestN: 500,
    kinds: {
      "bench-summary": [...ofRows, "sweep", "not_counted", "too_few_counted"],
      "agent-trace-summary": [...ofRows, "not_counted", "too_few_counted"],
    },
  },
  tool_stall_share: {
    meaning: "Mean over model calls of the share of the time around each that went to waiting for tools.",
    buckets: shareBuckets,
    mechanism: "discrete_laplace",
    unit: "row",
    epsilonMilli: 100,
    smallestN: 500,
    kinds: { "agent-trace-summary": ofRows },
  },
  gpu_count: {
    meaning: "GPUs, as --gpus declares them.",
    buckets: ["1", "2", "3 to 4", "5 to 8", "9 to 32", "33 or more"],
    mechanism: "k_ary_randomised_response",
    unit: "run",
    epsilonMilli: 750,
    smallestN: null,
    kinds: { "bench-summary": ["not_declared", "no_seed"], "metrics-rollup": ["not_declared", "no_seed"] },
  },
  concurrency_cliff: {
    meaning: "The concurrency from which more of it no longer pays, in a sweep.",
    buckets: [
      "at most 4",
      "5 to 8",
      "9 to 16",
      "17 to 32",
      "33 to 64",
      "65 to 128",
      "129 or more",
      "none within the sweep",
    ],
    mechanism: "k_ary_randomised_response",
    unit: "row_and_run",
    epsilonMilli: 250,
    smallestN: null,
    kinds: { "bench-summary": ["not_a_sweep", "no_seed"] },
  },
};

/** How prefix_cache_hit_rate divides its ε: for the sum of the shares, and for how many requests have none. */
export const hitRateEpsilonMilli = { sum: 100, uncounted: 50 };

/** The reasons of a field in a kind, in the order of the schema. */
export function reasonsOf(field: FieldName, kind: PayloadKind): readonly WithheldReason[] {
  return payloadFields[field].kinds[kind] ?? ["not_in_kind"];
}
