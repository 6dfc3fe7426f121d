import "./without-code-generation.ts";
import * as z from "zod";
import { claimSchema } from "./claim.ts";
import { errorKindSchema } from "./request.ts";
import { distributionSchema, figureSchema, summarySchema } from "./summary.ts";

export const TRACE_SUMMARY_SCHEMA = "inferguard-trace-summary/v1";

const count = z.number().int().nonnegative();
const tokens = count.nullable();

/** What `report --format json` prints of a run of `trace`. It can be computed again from the other files. */
export const traceSummarySchema = z.object({
  schema: z.literal(TRACE_SUMMARY_SCHEMA),
  run_id: z.string(),
  name: z.string().nullable(),
  status: z.enum(["running", "completed", "interrupted", "failed"]),
  started_at: z.string(),
  claim: claimSchema,
  claim_why: z.string().nullable(),
  target: z.object({ origin: z.string(), path: z.string() }),
  /** Where the run has no closing row, its length is up to the last thing that is known of it. */
  time: z.object({
    wall_ms: z.number(),
    model_ms: z.number(),
    tool_ms: z.number(),
    waiting_ms: z.number(),
    claim: claimSchema,
    why: z.string().nullable(),
  }),
  conversations: count,
  nodes: z.object({
    model_call: count,
    tool_call: count,
    branch: count,
    retry: count,
    user_input: count,
    system: count,
  }),
  calls: z.object({
    ok: count,
    error: count,
    cancelled: count,
    not_understood: count,
    errors: z.array(z.object({ kind: errorKindSchema, http_status: z.number().int().nullable(), count })),
  }),
  latency: z.object({ ttft: distributionSchema, tpot: distributionSchema, e2e: distributionSchema }),
  tokens: z.object({
    input: tokens,
    output: tokens,
    cached: tokens,
    reasoning: tokens,
    /** Calls whose server counted, and those that said what they had cached. */
    counted_calls: count,
    cached_fraction: figureSchema,
  }),
  tools: z.array(
    z.object({
      name: z.string().nullable(),
      calls: count,
      without_result: count,
      errors: count,
      wall_ms: z.number(),
      stall_ms: z.number(),
      result_bytes: count,
      longest_run: count,
    }),
  ),
  repeats: z.object({
    same_input: z.object({ inputs: count, calls: count, input_tokens: tokens }),
    /** Null where no server said what it had cached. */
    sent_again: z.object({ calls: count, tokens: count, cached_tokens: count, not_cached_tokens: count }).nullable(),
  }),
  /** Null where the run has no closing row. */
  passed: z.object({ models: count, other: count }).nullable(),
  egress: summarySchema.shape.egress,
  missing: z.array(z.object({ what: z.string(), why: z.string() })),
});
export type TraceSummary = z.infer<typeof traceSummarySchema>;
