import "./without-code-generation.ts";
import * as z from "zod";
import { histogramSchema } from "./histogram.ts";

export const GAPS_SCHEMA = "inferguard-gaps/v1";

/**
 * The gaps that ended within one second of the run. There can be several rows for one (level, phase, second): a request
 * adds its gaps when it ends. Merge them. Values are microseconds.
 */
export const gapsRowSchema = z.object({
  level: z.number().int(),
  phase: z.enum(["warmup", "measured"]),
  /** Whole seconds from the run's start. */
  second: z.number().int(),
  /** Time between token events. */
  event_gap: histogramSchema,
  /** The same gaps, each divided by and counted once for every token of the event that ended it. */
  itl: histogramSchema,
  /** Events whose token count the server did not give; each is taken as one token in `itl`. */
  assumed_one_token: z.number().int(),
});
export type GapsRow = z.infer<typeof gapsRowSchema>;
