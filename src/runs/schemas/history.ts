import "./without-code-generation.ts";
import * as z from "zod";
import type { CumulativeHistogram } from "./timeline.ts";

export const HISTORY_SCHEMA = "inferguard-history/v1";

/** From fine to coarse. `raw` has a row for each scrape, the others one for each source and interval. */
export const historyLevels = ["raw", "10s", "1m"] as const;
export type HistoryLevel = (typeof historyLevels)[number];

const count = z.number().int().nonnegative();

/** What was added to a histogram: `of` is the number of its bounds, `at` the bounds that something was added at. */
const histogramIncreaseSchema = z.object({
  sum: z.number(),
  count: z.number(),
  of: count,
  /** `[index of the bound, how many]`, not cumulative. */
  at: z.array(z.tuple([z.number().int(), z.number()])),
});

const interval = {
  /** The interval's end, and how long it is. */
  t_ms: z.number(),
  length_ms: z.number(),
  /** Good samples, and those that failed; why the last of these did. */
  samples: count,
  failed: count,
  error: z.string().nullable(),
  /** The time between the good samples that increases are counted from. Rates divide by it. */
  covered_ms: z.number(),
  /** Times that something fell that only grows: what counts had started again. */
  resets: count,
  /** `[value]`, or `[minimum, mean, maximum, last]` where these differ. */
  gauges: z.record(z.string(), z.array(z.number())),
  /** What was added. */
  counters: z.record(z.string(), z.number()),
  histograms: z.record(z.string(), histogramIncreaseSchema),
  /** Names that some samples lack: a gauge's own number of samples, a counter's or histogram's own `covered_ms`. */
  partial: z.record(z.string(), z.number()),
};

/** One metrics endpoint over one interval. */
export const endpointRowSchema = z.object({
  kind: z.enum(["endpoint"]),
  /** Index in the plan's `metrics`. */
  source: count,
  engine: z.string().nullable(),
  ...interval,
});
export type EndpointRow = z.infer<typeof endpointRowSchema>;

/** The runs beside this one over one interval. `offsets`: how far each growing file of rows has been counted. */
export const runsRowSchema = z.object({
  kind: z.enum(["runs"]),
  ...interval,
  offsets: z.record(z.string(), z.number()),
});
export type RunsRow = z.infer<typeof runsRowSchema>;

/** The upper bounds that a histogram's `of` names, from here to the end of the file. */
export const boundsRowSchema = z.object({
  kind: z.enum(["bounds"]),
  of: count,
  bounds: z.array(z.number().nullable()),
});

/** The first row of a file: what the rows after it go on from. */
export const segmentRowSchema = z.object({
  kind: z.enum(["segment"]),
  schema: z.literal(HISTORY_SCHEMA),
  level: z.enum(historyLevels),
  t_ms: z.number(),
  /** The wall clock then, in milliseconds since 1970. */
  wall_ms: z.number(),
  offsets: z.record(z.string(), z.number()),
});
export type SegmentRow = z.infer<typeof segmentRowSchema>;

/** The wall clock was set, or the machine slept: by how much it and the monotonic clock came apart. */
export const clockRowSchema = z.object({
  kind: z.enum(["clock"]),
  t_ms: z.number(),
  wall_ms: z.number(),
  step_ms: z.number(),
});
export type ClockRow = z.infer<typeof clockRowSchema>;

/** Rows that the disk did not take before this one. */
export const lostRowSchema = z.object({
  kind: z.enum(["lost"]),
  t_ms: z.number(),
  from_ms: z.number(),
  rows: count,
  why: z.string(),
});
export type LostRow = z.infer<typeof lostRowSchema>;

export const historyRowSchema = z.discriminatedUnion("kind", [
  segmentRowSchema,
  boundsRowSchema,
  endpointRowSchema,
  runsRowSchema,
  clockRowSchema,
  lostRowSchema,
]);

/** An endpoint's or the runs' row as the program works with it: histograms whole, names in maps. */
export interface IntervalSummary {
  /** Null: the runs beside this one. */
  source: number | null;
  engine: string | null;
  endMs: number;
  lengthMs: number;
  samples: number;
  failed: number;
  error: string | null;
  coveredMs: number;
  resets: number;
  gauges: Map<string, GaugeInterval>;
  counters: Map<string, CounterInterval>;
  histograms: Map<string, HistogramInterval>;
}

export interface GaugeInterval {
  min: number;
  /** Of the samples, each counted once. */
  mean: number;
  max: number;
  last: number;
  samples: number;
}

export interface CounterInterval {
  increase: number;
  coveredMs: number;
}

export interface HistogramInterval {
  /** What was added, cumulative by bound. */
  histogram: CumulativeHistogram;
  coveredMs: number;
}
