/**
 * The cliff of a sweep: the concurrency from which more of it no longer pays. It is a rule of thumb of its own, for one
 * of eight buckets under heavy noise; a report has its own findings.
 */
import type { Load } from "../runs/schemas/bench-plan.ts";
import type { RequestRow } from "../runs/schemas/request.ts";

/**
 * The lowest concurrency from which the next level brings less than half of the throughput that it would bring if
 * throughput grew as concurrency does. Null: not a sweep over concurrency.
 */
export function cliffOf(
  levels: readonly Load[],
  measured: readonly RequestRow[],
): { concurrency: number | null } | null {
  if (levels.length < 2) return null;
  const steps: { concurrency: number; requestsPerMs: number }[] = [];
  for (const [index, level] of levels.entries()) {
    if (level.mode !== "closed") return null;
    const rows = measured.filter((row) => row.level === index);
    steps.push({ concurrency: level.concurrency, requestsPerMs: requestsPerMsOf(rows) });
  }
  steps.sort((a, b) => a.concurrency - b.concurrency);
  const cliff = steps.find((step, index) => {
    const next = steps[index + 1];
    if (next === undefined || next.concurrency === step.concurrency) return false;
    const fullGain = next.concurrency / step.concurrency - 1;
    return next.requestsPerMs < step.requestsPerMs * (1 + fullGain / 2);
  });
  return { concurrency: cliff?.concurrency ?? null };
}

/** Requests that were answered, over the time from the first sent to the last ended; 0 where there is no such time. */
function requestsPerMsOf(rows: readonly RequestRow[]): number {
  let answered = 0;
  let firstMs = Infinity;
  let lastMs = -Infinity;
  for (const { status, sent_ms, end_ms } of rows) {
    if (sent_ms === null || end_ms === null) continue;
    if (status === "ok") answered++;
    firstMs = Math.min(firstMs, sent_ms);
    lastMs = Math.max(lastMs, end_ms);
  }
  return lastMs > firstMs ? answered / (lastMs - firstMs) : 0;
}
