import "./without-code-generation.ts";
import * as z from "zod";
import { claimSchema } from "./claim.ts";
import { historyLevels } from "./history.ts";

const time = z.iso.datetime().nullable();
const count = z.number().int().nonnegative();

/** What a watching daemon knows of itself at this moment: `daemon status` and the HTTP API show it. */
export const watchStateSchema = z.object({
  endpoints: z.array(
    z.object({
      role: z.string(),
      origin: z.string(),
      path: z.string(),
      engine: z.string().nullable(),
      last_good_scrape: time,
      scrapes: count,
      failures: count,
      consecutive_failures: count,
      /** Why the last scrape failed; null when it did not. */
      last_error: z.string().nullable(),
      /** Moments that passed while the page before was still being read. */
      skipped: count,
      /** Times that its counts started again from zero. */
      restarts: count,
    }),
  ),
  window: z.object({ from: time, to: time, bytes: count }),
  history: z.object({
    directory: z.string(),
    bytes: count,
    max_bytes: count,
    oldest: time,
    /** Why nothing is written; null while the disk takes rows. */
    stopped: z.string().nullable(),
    lost_rows: count,
  }),
  runs: z.object({
    /** Growing runs that are followed now, and rows read since the start. */
    followed: count,
    rows: count,
    /** What is left out, and why; the newest few. */
    skipped: z.array(z.object({ what: z.string(), why: z.string() })),
  }),
  /** Times that the wall clock came apart from the monotonic one, and by how much in all. */
  clock: z.object({ steps: count, offset_ms: z.number() }),
});
export type WatchState = z.infer<typeof watchStateSchema>;

export const SHOW_SCHEMA = "inferguard-show/v1";

const estimate = z.object({
  /** Null where the bucket has no upper bound. */
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
});

const points = z.array(z.number().nullable());

/** One series over the window. Its `points` cut the window into equal parts; null where nothing is known. */
const shownSeriesSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("gauge"),
    name: z.string(),
    unit: z.string(),
    samples: count,
    last: z.number(),
    mean: z.number(),
    min: z.number(),
    max: z.number(),
    points,
  }),
  /** An increase per second over the time that it is known of. */
  z.object({
    kind: z.literal("rate"),
    name: z.string(),
    unit: z.string(),
    increase: z.number(),
    covered_ms: z.number(),
    mean: z.number(),
    points,
  }),
  /** One increase over another: hits over look-ups. Null when there was nothing to divide by. */
  z.object({
    kind: z.literal("ratio"),
    name: z.string(),
    unit: z.string(),
    of: z.number(),
    value: z.number().nullable(),
    points,
  }),
  /** What was added to a histogram. The mean is exact; percentiles are estimates, as are the points' means exact. */
  z.object({
    kind: z.literal("distribution"),
    name: z.string(),
    unit: z.string(),
    samples: z.number(),
    mean: z.number().nullable(),
    p50: estimate.nullable(),
    p90: estimate.nullable(),
    p99: estimate.nullable(),
    claim: claimSchema,
    why: z.string().nullable(),
    points,
  }),
]);
export type ShownSeries = z.infer<typeof shownSeriesSchema>;

const shownSourceSchema = z.object({
  engine: z.string().nullable(),
  samples: count,
  failed: count,
  last_error: z.string().nullable(),
  restarts: count,
  /** The last good sample in the window; null without one. */
  last_sample: time,
  /** Nothing has come since then, although the window goes on. Null while it does, and without any sample. */
  no_data_since: time,
  series: z.array(shownSeriesSchema),
});

/** What `daemon show` says. */
export const showSchema = z.object({
  schema: z.literal(SHOW_SCHEMA),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  since_ms: z.number(),
  resolution: z.enum(historyLevels),
  endpoints: z.array(z.object({ role: z.string(), origin: z.string(), path: z.string(), ...shownSourceSchema.shape })),
  /** Live bench runs and traces in the runs directory; null when there were none. */
  runs: shownSourceSchema.nullable(),
  clock_steps: z.array(z.object({ at: z.iso.datetime(), step_ms: z.number() })),
  /** Rows that the disk did not take, and lines that could not be read back. */
  missing: z.array(z.object({ what: z.string(), why: z.string() })),
});
export type ShowDocument = z.infer<typeof showSchema>;
