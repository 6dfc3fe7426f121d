/**
 * The self-check: can the load generator's own work be seen in the figures? Each level is judged by itself, and the run
 * has the verdict of its worst level: a sweep is one statement.
 */
import { Histogram, type HistogramData } from "../histogram.ts";
import type { ClientHealth } from "../runs/schemas/summary.ts";
import { clientFindings, type ClientMeasures, type Verdict } from "./client-findings.ts";
import { rounded } from "./figures.ts";
import type { LevelRows } from "./level-rows.ts";
import { offeredFraction } from "./offered-load.ts";
import { sampleQuantile } from "./quantiles.ts";
import { requestLatencies } from "./request-times.ts";

/** `maxInFlight`: the operator's own bound; load that it held back is not the client's failing. */
export function clientHealthOf(levels: readonly LevelRows[], maxInFlight: number | null): ClientHealth {
  const checks = levels
    .filter((rows) => rows.measured.length > 0)
    .map((rows) => {
      const measures = measuresOf(rows, maxInFlight !== null);
      return { label: rows.label, measures, findings: clientFindings(measures) };
    });
  const measures = checks.map((check) => check.measures);
  const verdicts = checks.flatMap(({ findings }): Verdict[] =>
    findings.length === 0 ? ["ok"] : findings.map((finding) => finding.verdict),
  );
  return {
    verdict: worstFirst.find((verdict) => verdicts.includes(verdict)) ?? "unknown",
    reasons: checks.flatMap(({ label, findings }) => findings.map(({ reason }) => `${label}: ${reason}`)),
    loop_delay_p99_ms: highest(measures.map((level) => level.loopDelayP99Ms)),
    read_to_stamp_p99_ms: highest(measures.map((level) => level.readToStampP99Ms)),
    send_lateness_p99_ms: highest(measures.map((level) => level.sendLatenessP99Ms)),
    cpu_max: highest(measures.flatMap((level) => level.cpu.map((interval) => interval.share))),
    offered_fraction: lowest(measures.map((level) => level.offered)),
    error_bound_ms: highest(measures.map((level) => level.errorBoundMs)),
  };
}

const worstFirst = ["limited", "degraded", "unknown", "ok"] as const satisfies readonly Verdict[];

/** A shorter interval, at a level's end, says little of a rate of use. */
const shortestCpuMs = 500;

function measuresOf(rows: LevelRows, heldBack: boolean): ClientMeasures {
  const loopDelay = mergedOf(rows.client, (row) => row.loop_delay_us);
  const readToStamp = mergedOf(rows.client, (row) => row.read_to_stamp_us);
  const sendLateness = mergedOf(rows.client, (row) => row.send_lateness_us);
  const gaps = mergedOf(rows.gaps, (row) => row.event_gap);
  const ttfts = Float64Array.from(rows.ok.flatMap((row) => requestLatencies.ttft(row) ?? [])).sort();
  return {
    watched: rows.client.length > 0,
    loopDelayP99Ms: quantileMs(loopDelay, 0.99),
    readToStampP99Ms: quantileMs(readToStamp, 0.99),
    sendLatenessP99Ms: quantileMs(sendLateness, 0.99),
    errorBoundMs: sum(quantileMs(loopDelay, 0.99), quantileMs(readToStamp, 0.99)),
    typicalDelayMs: sum(quantileMs(loopDelay, 0.5), quantileMs(readToStamp, 0.5)),
    medianTtftMs: ttfts.length === 0 ? null : sampleQuantile(ttfts, 0.5),
    meanGapMs: gaps.count === 0 ? null : gaps.mean() / 1000,
    cpu: rows.client
      .filter((row) => row.length_ms >= shortestCpuMs)
      .map((row) => ({ worker: row.worker, share: row.cpu, lengthMs: row.length_ms })),
    offered: offeredFraction(rows),
    heldBack,
  };
}

function mergedOf<Row>(rows: readonly Row[], of: (row: Row) => HistogramData): Histogram {
  const whole = new Histogram();
  for (const row of rows) whole.mergeData(of(row));
  return whole;
}

function quantileMs(histogram: Histogram, q: number): number | null {
  return histogram.count === 0 ? null : rounded(histogram.quantile(q) / 1000);
}

function sum(a: number | null, b: number | null): number | null {
  return a === null && b === null ? null : rounded((a ?? 0) + (b ?? 0));
}

function highest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : rounded(known.reduce((a, b) => Math.max(a, b)));
}

function lowest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : rounded(known.reduce((a, b) => Math.min(a, b)));
}
