import "./without-code-generation.ts";
import * as z from "zod";

/** A histogram on disk; src/histogram.ts says what a bucket number means. */
export const histogramSchema = z.object({
  count: z.number(),
  sum: z.number(),
  min: z.number(),
  max: z.number(),
  buckets: z.array(z.tuple([z.number().int(), z.number()])),
});
