/** What a trace decides of the load, and what a person is told of it before anything is sent. */
import { exitCode, UserError } from "../../errors.ts";
import { count, counted, duration, percent } from "../../report/format.ts";
import { meanRate } from "../../load/arrivals.ts";
import type { BenchPlan, Load } from "../../runs/schemas/bench-plan.ts";
import type { Trace } from "../../workload/trace-file.ts";
import type { BenchOptions } from "./options.ts";

/** The load levels, once the file is known. @throws UserError for --arrival trace with a file that has no times. */
export function levelsOf({ levels }: BenchOptions, trace: Trace | null): Load[] {
  if (levels !== "trace" && !levels.some(isTimed)) return levels;
  if (trace === null || trace.spanMs === null)
    throw new UserError("--arrival trace needs times, and the input file has none", {
      exitCode: exitCode.cannotRun,
      hint: "give --rate or --concurrency instead",
    });
  return levels === "trace"
    ? [{ mode: "open", rate: meanRate(traceTimesMs(trace) ?? []), arrival: { process: "trace" } }]
    : levels;
}

/** How many requests each level measures: a trace once, unless a flag says otherwise. */
export function requestsOf(
  options: BenchOptions,
  trace: Trace | null,
): Pick<BenchPlan, "requests" | "duration_ms" | "warmup"> {
  const { requests, durationMs, defaultDurationMs, warmup } = options;
  if (trace === null) {
    const untold = requests === null && durationMs === null;
    return { requests, duration_ms: untold ? defaultDurationMs : durationMs, warmup: warmup ?? { by: "in_flight" } };
  }
  const { rows } = trace;
  const timed = options.levels === "trace" || options.levels.some(isTimed);
  if (timed && requests !== null && requests > rows.length)
    throw new UserError(`--requests ${requests} is more than the ${rows.length} of the trace`, {
      hint: "leave it out: the whole trace is sent once",
    });
  // A warm-up would be the trace's own first requests.
  const cold = warmup ?? { by: "requests" as const, requests: 0 };
  return { requests: requests ?? (durationMs === null ? rows.length : null), duration_ms: durationMs, warmup: cold };
}

/** When each request of the trace comes, from the level's start, at the trace's own pace; null without times. */
export function traceTimesMs(trace: Trace | null): number[] | null {
  return trace === null || trace.spanMs === null ? null : trace.rows.map(({ atMs }) => atMs ?? 0);
}

/** The import audit: rows read and left out, the time that they span, the tokens, and how much is shared. */
export function auditOf(trace: Trace, workload: BenchPlan["workload"]): string {
  const { rows, dropped, spanMs, format } = trace;
  const left = dropped.map((each) => `${count(each.rows)} left out (${each.why})`);
  const parts = [
    `${format} trace: ${counted(rows.length, "request")}${left.length === 0 ? ", none left out" : `, ${left.join(", ")}`}`,
    spanMs === null ? "no times" : `${duration(spanMs)} from the first to the last${burstText(trace)}`,
  ];
  if (workload.kind === "trace") {
    const { total_input_tokens, total_output_tokens, blocks, distinct_blocks } = workload;
    parts.push(`${count(total_input_tokens)} input tokens, ${count(total_output_tokens)} output`);
    if (blocks > 0)
      parts.push(
        `${counted(blocks, "block")}, ${percent(1 - distinct_blocks / blocks)} of them seen before in the trace`,
      );
  }
  return parts.join("; ");
}

function burstText({ rows }: Trace): string {
  const together = [...Map.groupBy(rows, ({ atMs }) => atMs).values()].map((same) => same.length);
  const most = Math.max(...together);
  return most > 1 ? `, at most ${count(most)} at the same time` : "";
}

function isTimed(load: Load): boolean {
  return load.mode === "open" && load.arrival.process === "trace";
}
