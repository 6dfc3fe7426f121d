/** The plan of a run: every decision, before the first byte is sent. Pure. */
import type { BenchPlan } from "../../runs/schemas/bench-plan.ts";
import type { Trace } from "../../workload/trace-file.ts";
import type { BenchOptions } from "./options.ts";
import { levelsOf, requestsOf } from "./replay.ts";

export const SCRAPE_INTERVAL_MS = 1000;

export function makePlan(
  options: BenchOptions,
  found: Pick<BenchPlan, "target" | "workload" | "metrics"> & { trace: Trace | null },
): BenchPlan {
  const plan: BenchPlan = {
    command: "bench",
    target: found.target,
    levels: levelsOf(options, found.trace),
    ...requestsOf(options, found.trace),
    drain_ms: options.drainMs,
    max_in_flight: options.maxInFlight,
    workload: found.workload,
    seed: options.seed,
    slo: options.slo,
    connect_timeout_ms: options.connectTimeoutMs,
    request_timeout_ms: options.requestTimeoutMs,
    idle_timeout_ms: options.idleTimeoutMs,
    metrics: found.metrics,
    scrape_interval_ms: SCRAPE_INTERVAL_MS,
    gpus: options.gpus,
  };
  return Object.freeze(plan);
}
