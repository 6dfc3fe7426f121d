import "./without-code-generation.ts";
import * as z from "zod";
import { metricsSourceSchema } from "./metrics-source.ts";

/** What `daemon start` decided before the first scrape. */
export const daemonPlanSchema = z.object({
  command: z.literal("daemon"),
  metrics: z.array(metricsSourceSchema),
  scrape_interval_ms: z.number().positive(),
  /** How long the history goes back, and how many bytes it may take. */
  retain_ms: z.number().positive(),
  max_disk_bytes: z.number().int().positive(),
  gpus: z.number().int().positive().nullable(),
});
export type DaemonPlan = z.infer<typeof daemonPlanSchema>;
