import "./without-code-generation.ts";
import * as z from "zod";
import { histogramSchema } from "./histogram.ts";

export const CLIENT_SCHEMA = "inferguard-client/v1";

/** What one worker of the load generator did in one second, measured by itself. */
export const clientRowSchema = z.object({
  worker: z.number().int(),
  level: z.number().int(),
  phase: z.enum(["warmup", "measured"]),
  /** Milliseconds from the run's start at which the interval began, and its length. */
  start_ms: z.number(),
  length_ms: z.number(),
  /** How long the event loop could not look at its sockets, microseconds: each stretch of work, and late timers. */
  loop_delay_us: histogramSchema,
  /** From the first read of an event loop turn to the stamp of each read of it, microseconds. */
  read_to_stamp_us: histogramSchema,
  /** From the moment at which a request was wanted to its first byte on a socket that was ready, microseconds. */
  send_lateness_us: histogramSchema,
  /** Processor seconds of the process per second of wall time; 1 is one core, all the time. */
  cpu: z.number(),
  in_flight: z.number().int(),
  wanted: z.number().int(),
  sent: z.number().int(),
});
export type ClientRow = z.infer<typeof clientRowSchema>;
