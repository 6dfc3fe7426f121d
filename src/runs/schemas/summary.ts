import "./without-code-generation.ts";
import * as z from "zod";
import { claimSchema } from "./claim.ts";
import { errorKindSchema } from "./request.ts";

export const SUMMARY_SCHEMA = "inferguard-summary/v1";

/** A number with how it is known. `why` is set wherever the claim is not `measured`, and wherever the value is null. */
export const figureSchema = z.object({
  value: z.number().nullable(),
  unit: z.string(),
  claim: claimSchema,
  why: z.string().nullable(),
});
export type Figure = z.infer<typeof figureSchema>;

/**
 * One percentile. `value` is the sample percentile, or null with `needs`: the smallest number of samples at which it
 * may be printed (MLPerf's early-stopping minimum at 99 % confidence).
 */
export const percentileSchema = z.object({
  value: z.number().nullable(),
  needs: z.number().int(),
  /** 95 % block-bootstrap interval; null where there is no value or too few blocks. */
  interval: z.tuple([z.number(), z.number()]).nullable(),
});
export type Percentile = z.infer<typeof percentileSchema>;

export const distributionSchema = z.object({
  unit: z.enum(["ms", "tokens"]),
  claim: claimSchema,
  why: z.string().nullable(),
  samples: z.number().int(),
  mean: z.number().nullable(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  p50: percentileSchema,
  p90: percentileSchema,
  p95: percentileSchema,
  p99: percentileSchema,
  p999: percentileSchema,
});
export type Distribution = z.infer<typeof distributionSchema>;

export const levelSummarySchema = z.object({
  level: z.number().int(),
  /** The load as a person says it: `concurrency 16`, `4 requests/s (poisson)`. */
  load: z.string(),
  /** The headline's window. `whole_run` when no steady window was found; then headline rates are `inferred`. */
  window: z.object({
    kind: z.enum(["steady", "whole_run"]),
    start_ms: z.number(),
    end_ms: z.number(),
    why: z.string().nullable(),
  }),
  /** Measured requests only; warm-up apart. */
  requests: z.object({
    total: z.number().int(),
    ok: z.number().int(),
    error: z.number().int(),
    cancelled: z.number().int(),
    not_sent: z.number().int(),
    errors: z.array(
      z.object({ kind: errorKindSchema, http_status: z.number().int().nullable(), count: z.number().int() }),
    ),
    warmup: z.number().int(),
  }),
  latency: z.object({
    ttft: distributionSchema,
    ttft_reasoning: distributionSchema,
    ttft_content: distributionSchema,
    ttft_tool: distributionSchema,
    tpot: distributionSchema,
    event_gap: distributionSchema,
    itl: distributionSchema,
    e2e: distributionSchema,
    connect: distributionSchema,
    ttft_from_intended: distributionSchema,
    e2e_from_intended: distributionSchema,
  }),
  throughput: z.object({
    requests_per_s: figureSchema,
    output_tokens_per_s: figureSchema,
    input_tokens_per_s: figureSchema,
    /** The same three over the whole level, ramp and drain included. */
    whole_requests_per_s: figureSchema,
    whole_output_tokens_per_s: figureSchema,
    whole_input_tokens_per_s: figureSchema,
    output_tokens_per_s_per_gpu: figureSchema.nullable(),
    goodput_requests_per_s: figureSchema.nullable(),
    good_fraction: figureSchema.nullable(),
  }),
  tokens: z.object({
    input: distributionSchema,
    output: distributionSchema,
    wanted_output: distributionSchema,
    cached_fraction: figureSchema,
  }),
  in_flight: z.object({ mean: figureSchema, max: figureSchema }),
  burst_fraction: figureSchema,
  /** What the engine and the GPUs said during this level, by normalised name. */
  server: z.array(
    z.object({
      source: z.number().int(),
      role: z.string(),
      metric: z.string(),
      unit: z.string(),
      mean: z.number().nullable(),
      max: z.number().nullable(),
      /** Increase over the level, for a counter; resets are counted through. */
      increase: z.number().nullable(),
    }),
  ),
});
export type LevelSummary = z.infer<typeof levelSummarySchema>;

/** Whether the load generator's own work can be seen in its figures. Rebuilt from client.jsonl. */
export const clientHealthSchema = z.object({
  verdict: z.enum(["ok", "degraded", "limited", "unknown"]),
  reasons: z.array(z.string()),
  loop_delay_p99_ms: z.number().nullable(),
  read_to_stamp_p99_ms: z.number().nullable(),
  send_lateness_p99_ms: z.number().nullable(),
  cpu_max: z.number().nullable(),
  /** Achieved over offered requests, open loop; null for a closed loop. */
  offered_fraction: z.number().nullable(),
  /** At 99 of 100 events, the client's own delay adds at most this to TTFT and to a gap. */
  error_bound_ms: z.number().nullable(),
});
export type ClientHealth = z.infer<typeof clientHealthSchema>;

export const summarySchema = z.object({
  schema: z.literal(SUMMARY_SCHEMA),
  run_id: z.string(),
  name: z.string().nullable(),
  status: z.enum(["running", "completed", "interrupted", "failed"]),
  started_at: z.string(),
  claim: claimSchema,
  claim_why: z.string().nullable(),
  target: z.object({
    kind: z.enum(["endpoint", "mimic"]),
    origin: z.string(),
    path: z.string(),
    api: z.string(),
    model: z.string(),
  }),
  client: clientHealthSchema,
  /** False when the client was `limited`: then the figures are kept here and no headline is printed. */
  headline: z.boolean(),
  levels: z.array(levelSummarySchema),
  egress: z
    .object({
      destinations: z.array(
        z.object({
          flag: z.string(),
          host: z.string(),
          port: z.number(),
          via: z.string().optional(),
          addresses: z.number(),
          lookups: z.number(),
          connections: z.number(),
          bytes_out: z.number(),
          bytes_in: z.number(),
        }),
      ),
      denied: z.number(),
      /** As in the record: the network of a program that the command started. */
      child: z.literal("not observed").optional(),
    })
    .nullable(),
  notes: z.array(z.object({ code: z.string(), text: z.string() })),
  missing: z.array(z.object({ what: z.string(), why: z.string() })),
});
export type Summary = z.infer<typeof summarySchema>;
