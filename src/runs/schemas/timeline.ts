import "./without-code-generation.ts";
import * as z from "zod";

export const TIMELINE_SCHEMA = "inferguard-timeline/v1";

/** A Prometheus histogram at one moment: cumulative counts by upper bound; the last bound, infinity, is null. */
export const cumulativeHistogramSchema = z.object({
  sum: z.number(),
  count: z.number(),
  bounds: z.array(z.number().nullable()),
  counts: z.array(z.number()),
});
export type CumulativeHistogram = z.infer<typeof cumulativeHistogramSchema>;

/**
 * One scrape of one metrics endpoint, in the normalised names of src/metrics/names.ts. A series that the page does not
 * have is absent, never zero.
 */
export const timelineRowSchema = z.object({
  /** Milliseconds from the run's start at which the scrape was asked for, and at which its last byte came. */
  start_ms: z.number(),
  t_ms: z.number(),
  /** Index in the plan's `metrics`. */
  source: z.number().int(),
  /** The catalogue that matched; null when the page was not understood. */
  engine: z.string().nullable(),
  gauges: z.record(z.string(), z.number()),
  counters: z.record(z.string(), z.number()),
  histograms: z.record(z.string(), cumulativeHistogramSchema),
  /** Why this scrape has no values. */
  error: z.string().nullable(),
});
export type TimelineRow = z.infer<typeof timelineRowSchema>;
