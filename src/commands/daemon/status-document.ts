/** What a running daemon says of itself. Worked out afresh each time, the state of telemetry too. */
import { monotonicMs, wallClock } from "../../clock.ts";
import { lookAtConsentFiles } from "../../posture/consent-files.ts";
import { readEnvironment } from "../../posture/overrides.ts";
import { telemetryState } from "../../posture/state.ts";
import { reasonTexts } from "../../posture/state-texts.ts";
import { DAEMON_STATUS_SCHEMA, type DaemonStatus } from "../../runs/schemas/daemon-status.ts";
import type { EgressRecord } from "../../runs/schemas/egress.ts";
import type { WatchState } from "../../runs/schemas/daemon.ts";
import { version } from "../../version.ts";
import type { DaemonOptions, DaemonUp } from "./options.ts";

export interface StatusFacts {
  up: DaemonUp;
  options: Pick<DaemonOptions, "retainMs">;
  /** Monotonic, and on the wall clock. */
  startedMs: number;
  startedAt: Date;
  watch: WatchState;
  egress: EgressRecord;
  trouble: string | null;
}

export function statusOf({ up, options, startedMs, startedAt, watch, egress, trouble }: StatusFacts): DaemonStatus {
  const { user, system } = process.cpuUsage();
  return {
    schema: DAEMON_STATUS_SCHEMA,
    version,
    pid: up.pid,
    started_at: startedAt.toISOString(),
    uptime_s: Math.round(monotonicMs() - startedMs) / 1000,
    rss_bytes: process.memoryUsage.rss(),
    cpu_s: (user + system) / 1e6,
    interval_ms: up.interval_ms,
    retain_ms: options.retainMs,
    run: up.run,
    run_trouble: trouble,
    metrics_url: up.metrics_url,
    token_file: up.token_file,
    log_file: up.log_file,
    watch,
    egress,
    telemetry: telemetryNow(),
  };
}

/** An override counts as the daemon found it at its start: nobody can change a process's environment from outside. */
function telemetryNow(): DaemonStatus["telemetry"] {
  const environment = readEnvironment();
  const { state, reason } = telemetryState(environment, lookAtConsentFiles(environment), wallClock());
  return { state, reason, reason_text: reasonTexts[reason] };
}
