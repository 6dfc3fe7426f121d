import "./without-code-generation.ts";
import * as z from "zod";
import type { BenchPlan } from "./bench-plan.ts";
import { claimSchema } from "./claim.ts";
import { planSchema } from "./plan.ts";
import type { TracePlan } from "./trace-plan.ts";

export const RUN_SCHEMA = "inferguard-run/v1";

/** The run's manifest: written at the start, replaced whole at the end. */
export const runSchema = z.object({
  schema: z.literal(RUN_SCHEMA),
  run_id: z.string(),
  name: z.string().nullable(),
  status: z.enum(["running", "completed", "interrupted", "failed"]),
  /** Why it did not complete, one sentence. */
  status_reason: z.string().nullable(),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime().nullable(),
  process: z.object({
    pid: z.number().int(),
    /** When the process itself started, as the system tells it, so that a reused pid is recognised. Null where unknown. */
    start_time: z.string().nullable(),
  }),
  clock: z.object({
    /** The wall clock at millisecond 0 of the run; every `_ms` is on the monotonic clock from there. */
    wall_at_zero: z.iso.datetime(),
    source: z.literal("CLOCK_MONOTONIC"),
  }),
  versions: z.object({ inferguard: z.string(), node: z.string(), platform: z.string() }),
  claim: claimSchema,
  claim_why: z.string().nullable(),
  plan: planSchema,
  /** Prompts and outputs were kept in text.jsonl, because --save-text asked for it. */
  saved_text: z.boolean(),
  /** The schema of every row file of this run. */
  artifacts: z.record(z.string(), z.string()),
  /** What should be here and is not, and why. */
  missing: z.array(z.object({ what: z.string(), why: z.string() })),
});
export type Run = z.infer<typeof runSchema>;
export type BenchRun = Run & { plan: BenchPlan };
export type TraceRun = Run & { plan: TracePlan };
