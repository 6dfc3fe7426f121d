/** A daemon's run: its directory, the watching itself, and the end of both. */
import { join } from "node:path";
import { monotonicMs, wallClock } from "../../clock.ts";
import { messageOf, UserError } from "../../errors.ts";
import type { DaemonSources } from "../../daemon/http-api.ts";
import { logName } from "../../daemon/log.ts";
import { tokenName } from "../../daemon/token.ts";
import { createWatcher } from "../../daemon/watcher.ts";
import type { Gate } from "../../net/gate.ts";
import { openHttpClient } from "../../net/open-http-client.ts";
import { counted } from "../../report/format.ts";
import { artifact } from "../../runs/artifacts.ts";
import { openDaemonRun } from "../../runs/open-daemon-run.ts";
import type { RunWriter } from "../../runs/run-writer.ts";
import type { Run } from "../../runs/schemas/run.ts";
import type { DaemonPlan } from "../../runs/schemas/daemon-plan.ts";
import type { WatchState } from "../../runs/schemas/daemon.ts";
import type { EgressRecord } from "../../runs/schemas/egress.ts";
import { version } from "../../version.ts";
import { keepEgress } from "./keep-egress.ts";
import type { DaemonOptions, DaemonUp } from "./options.ts";
import { statusOf } from "./status-document.ts";

export interface RunSurroundings {
  gate: Gate;
  /** The port of /metrics. */
  port: number;
  /** Ends the watching, in good order. */
  signal: AbortSignal;
  egress(this: void): EgressRecord;
  say(this: void, text: string): void;
  /** It watches, and can be asked from now on. */
  up(this: void, up: DaemonUp, sources: DaemonSources): void;
  closeNetwork(this: void): Promise<void>;
}

/** One page may take this long. */
const SCRAPE_TIMEOUT_MS = 5000;

/** Resolves to the run's directory. @throws UserError when the run cannot be written */
export async function watchRun(options: DaemonOptions, around: RunSurroundings): Promise<string> {
  const { say, signal } = around;
  const plan = planOf(options);
  const startedMs = monotonicMs();
  const startedAt = wallClock();
  const writer = await startRun(options, plan, say);
  const { directory } = writer;
  const limits = { connectTimeoutMs: SCRAPE_TIMEOUT_MS, requestTimeoutMs: SCRAPE_TIMEOUT_MS };
  const watcher = createWatcher({
    targets: options.targets,
    intervalMs: options.intervalMs,
    runsDir: options.runsDir,
    historyDirectory: join(directory, artifact.history),
    retainMs: options.retainMs,
    maxDiskBytes: options.maxDiskBytes,
    client: openHttpClient(around.gate, "reuse"),
    limits: { ...limits, idleTimeoutMs: SCRAPE_TIMEOUT_MS },
    tls: options.tls,
    warn: say,
  });
  const record = await keepEgress(writer, around.egress, say);
  let problem: string | null = null;
  try {
    await watcher.start();
    const up = upOf(options, plan, directory, around.port);
    around.up(up, {
      status: () =>
        statusOf({
          up,
          options,
          startedMs,
          startedAt,
          watch: watcher.state(),
          egress: around.egress(),
          trouble: record.trouble(),
        }),
      show: (sinceMs) => watcher.show(sinceMs),
      exposition: () => watcher.exposition(),
    });
    const watched = plan.metrics.map(({ role, origin, path }) => `${role} ${origin}${path}`);
    say(`watching ${[...watched, `the runs in ${options.runsDir}`].join(", ")}`);
    await aborted(signal);
    say("stopping");
    await watcher.stop();
  } catch (error) {
    problem = error instanceof UserError ? error.message : `a bug in InferGuard: ${messageOf(error)}`;
    throw error;
  } finally {
    await record.stop();
    await around.closeNetwork();
    await writer.writeEgress(record.record());
    await writer.finish({
      status: problem === null ? "completed" : "failed",
      status_reason: problem,
      missing: problem === null ? missingOf(watcher.state()) : [],
    });
    say(problem ?? "stopped");
  }
  return directory;
}

function missingOf({ history }: WatchState): Run["missing"] {
  const { lost_rows: lost } = history;
  return lost === 0 ? [] : [{ what: `${counted(lost, "row")} of the history`, why: "the disk did not take them" }];
}

function planOf({ targets, intervalMs, retainMs, maxDiskBytes, gpus }: DaemonOptions): DaemonPlan {
  return {
    command: "daemon",
    metrics: targets.map(({ role, url, flag }) => ({ role, origin: url.origin, path: url.pathname, flag })),
    scrape_interval_ms: intervalMs,
    retain_ms: retainMs,
    max_disk_bytes: maxDiskBytes,
    gpus,
  };
}

function startRun({ runsDir }: DaemonOptions, plan: DaemonPlan, warn: (text: string) => void): Promise<RunWriter> {
  const start = {
    name: null,
    clock: { wall_at_zero: wallClock().toISOString(), source: "CLOCK_MONOTONIC" },
    versions: { inferguard: version, node: process.versions.node, platform: `${process.platform} ${process.arch}` },
    claim: "measured",
    claim_why: null,
    plan,
    saved_text: false,
  } as const;
  return openDaemonRun(runsDir, start, warn);
}

function upOf({ directory, runsDir }: DaemonOptions, plan: DaemonPlan, run: string, port: number): DaemonUp {
  return {
    pid: process.pid,
    run,
    watches: plan.metrics,
    interval_ms: plan.scrape_interval_ms,
    runs_dir: runsDir,
    metrics_url: `http://127.0.0.1:${port}/metrics`,
    token_file: join(directory, tokenName),
    log_file: join(directory, logName),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
