import "./without-code-generation.ts";
import * as z from "zod";

/** What `trace` decided before the first byte was sent. It holds no key, no header value and no argument of the child. */
export const tracePlanSchema = z.object({
  command: z.literal("trace"),
  target: z.object({
    /** Scheme, host and port that requests are passed on to; path: what theirs are put behind. */
    origin: z.string(),
    path: z.string(),
    /** Certificate checks were off: anyone between could have answered. */
    insecure: z.boolean(),
  }),
  /** The agent was started by this command, and not elsewhere. */
  starts_agent: z.boolean(),
  /** How many model calls a flag says there will be; null where none does. */
  model_calls: z.number().int().positive().nullable(),
});
export type TracePlan = z.infer<typeof tracePlanSchema>;
