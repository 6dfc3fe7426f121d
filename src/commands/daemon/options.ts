/** What the command line asked of `daemon start`, checked and with every default filled in. */
import type { Authority } from "../../net/authority.ts";
import type { ResolveOverride } from "../../net/gate.ts";
import type { EgressRecord } from "../../runs/schemas/egress.ts";
import type { DaemonPlan } from "../../runs/schemas/daemon-plan.ts";
import type { MetricsTarget } from "../bench/options.ts";

/** Where this user's daemon is reached. */
export interface DaemonPlace {
  /** Of the socket, the token, the lock and the log. */
  directory: string;
  socket: Authority;
}

export interface DaemonOptions extends DaemonPlace {
  /** /metrics and the API. */
  http: Authority;
  targets: readonly MetricsTarget[];
  tls: { ca: string | null; insecure: boolean };
  resolve: readonly ResolveOverride[];
  intervalMs: number;
  runsDir: string;
  retainMs: number;
  maxDiskBytes: number;
  gpus: number | null;
}

/** What a daemon that is up says of itself: the first line of its standard output. */
export interface DaemonUp {
  pid: number;
  run: string;
  watches: DaemonPlan["metrics"];
  interval_ms: number;
  runs_dir: string;
  metrics_url: string;
  token_file: string;
  log_file: string;
}

export interface DaemonListener {
  signal: AbortSignal;
  up(this: void, up: DaemonUp): void;
  /** A line of the log, as it was written there. */
  logged(this: void, line: string): void;
  egress(this: void, record: EgressRecord): void;
}
