import "./without-code-generation.ts";
import * as z from "zod";
import { watchStateSchema } from "./daemon.ts";
import { egressSchema } from "./egress.ts";

export const DAEMON_STATUS_SCHEMA = "inferguard-daemon-status/v1";

/** What a running daemon says of itself, over its socket and its port. */
export const daemonStatusSchema = z.object({
  schema: z.literal(DAEMON_STATUS_SCHEMA),
  version: z.string(),
  pid: z.number().int(),
  started_at: z.iso.datetime(),
  uptime_s: z.number(),
  /** Resident memory now, and processor time since the start. */
  rss_bytes: z.number().int(),
  cpu_s: z.number(),
  interval_ms: z.number(),
  retain_ms: z.number(),
  /** The directory of its run. */
  run: z.string(),
  /** Why the run's own record cannot be written now; null while it can. */
  run_trouble: z.string().nullable(),
  metrics_url: z.string(),
  token_file: z.string(),
  log_file: z.string(),
  watch: watchStateSchema,
  /** Every authority with what it was used for, the daemon's own listeners included, and what was denied. */
  egress: egressSchema,
  /** Worked out afresh for each answer. */
  telemetry: z.object({ state: z.enum(["enabled", "disabled"]), reason: z.string(), reason_text: z.string() }),
});
export type DaemonStatus = z.infer<typeof daemonStatusSchema>;
