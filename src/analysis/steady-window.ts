/**
 * The stretch of a level in which the load was what was asked for. Rates over ramp and drain are too low, by more the
 * shorter the run; so the headline's rates are of this window, and where none is found they say so.
 */
import type { LevelSummary } from "../runs/schemas/summary.ts";
import { backlogOf } from "./backlog.ts";
import { percent, spoken } from "./figures.ts";
import { crossings, meanAndMaxInFlight, spanBetween, type Span } from "./in-flight.ts";
import type { LevelRows } from "./level-rows.ts";
import { sampleQuantile } from "./quantiles.ts";
import { requestLatencies } from "./request-times.ts";

export interface LevelWindow extends Span {
  kind: LevelSummary["window"]["kind"];
  /** Why there is no steady window. */
  why: string | null;
}

/** The level is full from the first moment to the last at which this share of the target is in flight. */
const fullShare = 0.95;
/** In between it may dip, but on average this share of the target must have been there. */
const meanShare = 0.9;
/** Every place in flight must have been handed on this often, so that the start in step does not decide the rate. */
const turnovers = 2;
const fewestFinished = 10;
/** An open level has filled when nearly all of the first requests could have ended. */
const rampQuantile = 0.9;

export function steadyWindow(rows: LevelRows): LevelWindow {
  const { span, load } = rows;
  if (span === null) return { kind: "whole_run", startMs: 0, endMs: 0, why: "nothing was measured" };
  const found =
    load === null
      ? "the plan does not have this level"
      : load.mode === "closed"
        ? closedWindow(rows, load.concurrency)
        : openWindow(rows);
  if (typeof found !== "string") return { kind: "steady", ...found, why: null };
  return { kind: "whole_run", ...span, why: found };
}

/** What a rate over this window rests on, or null. */
export function windowDoubt({ kind, why }: LevelWindow): string | null {
  return kind === "steady" ? null : `no_steady_window: ${why}`;
}

/** The window, or why there is none. */
function closedWindow({ measured, ok }: LevelRows, target: number): Span | string {
  // A place is taken from the moment at which its connection is asked for: with new connections, the time between
  // requests is part of the load and not a dip.
  const taken = measured.flatMap((row) => spanBetween(row.connect_start_ms ?? row.sent_ms, row.end_ms) ?? []);
  const window = crossings(taken, Math.ceil(fullShare * target));
  if (window === null || window.endMs <= window.startMs)
    return `there were never ${Math.ceil(fullShare * target)} requests in flight, ${percent(fullShare)} of the target`;
  const { mean } = meanAndMaxInFlight(taken, window);
  if (mean < meanShare * target) return `in flight were ${spoken(mean)} requests on average, of ${target}`;
  const needed = Math.max(fewestFinished, turnovers * target);
  const finished = finishedIn(ok, window);
  if (finished < needed) return `while the level was full ${finished} requests finished, and ${needed} are needed`;
  return window;
}

function openWindow(rows: LevelRows): Span | string {
  const { ok, measured, span } = rows;
  const last = measured.findLast((row) => row.sent_ms !== null);
  if (ok.length === 0 || last === undefined || span === null) return "no request was answered";
  if (backlogOf(rows)?.grows === true) return "requests came faster than they were answered";
  const lifetimes = Float64Array.from(ok, (row) => requestLatencies.e2e(row) ?? 0).sort();
  const window = { startMs: span.startMs + sampleQuantile(lifetimes, rampQuantile), endMs: last.intended_ms };
  if (window.endMs <= window.startMs) return "the last request was wanted before the first ones could have ended";
  const sent = measured.flatMap((row) => spanBetween(row.sent_ms, row.end_ms) ?? []);
  const needed = Math.max(fewestFinished, Math.ceil(turnovers * meanAndMaxInFlight(sent, window).mean));
  const finished = finishedIn(ok, window);
  if (finished < needed) return `between ramp and drain ${finished} requests finished, and ${needed} are needed`;
  return window;
}

function finishedIn(ok: LevelRows["ok"], window: Span): number {
  return ok.filter(({ end_ms }) => end_ms !== null && end_ms > window.startMs && end_ms <= window.endMs).length;
}
