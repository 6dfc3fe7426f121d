/**
 * Requests that met every SLO. A request that failed, was cancelled or could not be sent is not good and is in the
 * denominator; one that the SLO says nothing of is in neither.
 */
import type { BenchPlan } from "../runs/schemas/bench-plan.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import type { BenchRun } from "../runs/schemas/run.ts";
import type { LevelSummary } from "../runs/schemas/summary.ts";
import { figure, type Footing } from "./figures.ts";
import type { LevelRows } from "./level-rows.ts";
import { requestLatencies, timePerOutputToken } from "./request-times.ts";
import { windowDoubt, type LevelWindow } from "./steady-window.ts";
import { oneRequest, rateOf } from "./throughput.ts";

type Slo = NonNullable<BenchPlan["slo"]>;
type Goodput = Pick<LevelSummary["throughput"], "goodput_requests_per_s" | "good_fraction">;

export function goodputOf(rows: LevelRows, window: LevelWindow, run: BenchRun, footing: Footing): Goodput {
  const { slo } = run.plan;
  if (slo === null) return { goodput_requests_per_s: null, good_fraction: null };
  const judged = new Map(rows.ok.map((row) => [row, judge(row, slo)]));
  const count = (verdict: Verdict) => rows.ok.filter((row) => judged.get(row) === verdict).length;
  const failed = rows.measured.filter((row) => countsAsFailed(row, run)).length;
  const denominator = count("good") + count("bad") + count("unknown") + failed;
  const unknown = count("unknown");
  const nothing =
    denominator === 0
      ? "no request could be judged by this SLO"
      : unknown > 0 && unknown === rows.ok.length
        ? "the SLO bounds TPOT, and nobody counted the output tokens"
        : null;
  if (nothing !== null)
    return {
      goodput_requests_per_s: figure(footing, "requests/s", null, nothing),
      good_fraction: figure(footing, "ratio", null, nothing),
    };
  const doubt = goodputDoubt(rows.ok, slo, unknown);
  const isGood = (row: RequestRow) => judged.get(row) === "good";
  return {
    goodput_requests_per_s: rateOf(
      rows,
      { ...oneRequest, doubt: () => doubt },
      window,
      footing,
      windowDoubt(window),
      isGood,
    ),
    good_fraction: figure(footing, "ratio", count("good") / denominator, doubt),
  };
}

/** `apart`: the only SLO set bounds something that this reply does not have. */
type Verdict = "good" | "bad" | "unknown" | "apart";

/** Judges an answered request. Latencies are from sent, as their names say. */
export function judge(row: RequestRow, slo: Slo): Verdict {
  const tpot = timePerOutputToken(row);
  const met: (boolean | "unknown")[] = [];
  if (slo.ttft !== null) met.push((requestLatencies.ttft(row) ?? Infinity) <= slo.ttft);
  if (slo.e2e !== null) met.push((requestLatencies.e2e(row) ?? Infinity) <= slo.e2e);
  if (slo.tpot !== null && tpot.kind !== "absent") met.push(tpot.kind === "unknown" ? "unknown" : tpot.ms <= slo.tpot);
  if (met.length === 0) return "apart";
  if (met.includes(false)) return "bad";
  return met.includes("unknown") ? "unknown" : "good";
}

/** When a run is broken off, what was in flight or still to come is nobody's failure. */
function countsAsFailed(row: RequestRow, run: BenchRun): boolean {
  if (row.status === "error") return true;
  return run.status === "completed" && (row.status === "cancelled" || row.status === "not_sent");
}

function goodputDoubt(ok: readonly RequestRow[], slo: Slo, unknown: number): string | null {
  if (slo.tpot === null) return null;
  const assumed = ok.map(timePerOutputToken).filter((tpot) => tpot.kind === "known" && tpot.assumesOneToken).length;
  const doubts = [
    unknown === 0 ? null : `${unknown} of ${ok.length} replies have no token count for TPOT and are taken as not good`,
    assumed === 0 ? null : `the TPOT of ${assumed} of ${ok.length} replies takes the first event as one token`,
  ].filter((doubt) => doubt !== null);
  return doubts.length === 0 ? null : doubts.join("; ");
}
