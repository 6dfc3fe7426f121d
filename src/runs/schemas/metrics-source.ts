import "./without-code-generation.ts";
import * as z from "zod";

/** A metrics endpoint, and the flag that named it. A timeline row's `source` is an index in the plan's list of these. */
export const metricsSourceSchema = z.object({
  role: z.string(),
  origin: z.string(),
  path: z.string(),
  flag: z.enum(["--metrics-url", "--gpu-metrics-url", "--endpoint"]),
});
