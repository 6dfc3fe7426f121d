/** What the load generator's measurements of itself mean for the figures. docs/metrics.md repeats the thresholds. */
import type { ClientHealth } from "../runs/schemas/summary.ts";
import { percent, spoken } from "./figures.ts";

export type Verdict = ClientHealth["verdict"];

/** Of one level. Null: there was nothing to measure. */
export interface ClientMeasures {
  /** False when the client left no rows about itself. */
  watched: boolean;
  loopDelayP99Ms: number | null;
  readToStampP99Ms: number | null;
  sendLatenessP99Ms: number | null;
  /** What 99 of 100 events were delayed by at most, and what half of them were. */
  errorBoundMs: number | null;
  typicalDelayMs: number | null;
  medianTtftMs: number | null;
  /** The mean: where a proxy bundles events the median gap is zero, and says nothing of the pace. */
  meanGapMs: number | null;
  cpu: { worker: number; share: number; lengthMs: number }[];
  /** Achieved over offered rate; null for a closed loop. */
  offered: number | null;
  /** --max-in-flight was set, so load may be missing because the operator said so. */
  heldBack: boolean;
}

export interface Finding {
  verdict: Exclude<Verdict, "ok">;
  reason: string;
}

/** 1 event in 100 is misplaced by more than this share: the tail of that latency is no longer only the server's. */
const degradedTail = 0.05;
/** 1 event in 100 is misplaced by more than all of it: the tail of that latency is the client's. */
const limitedTail = 1;
/** Half of all events are misplaced by more than this share: the median itself is the client's. */
const limitedTypical = 0.1;
const busy = 0.95;
/** Busy for this share of the level and for this long: compiling its own code keeps any process busy at the start. */
const busyShare = 0.5;
const busyMs = 3000;
const degradedOffered = 0.99;
const limitedOffered = 0.95;
/** A timer counts whole milliseconds, so a send can be late by one without any delay. */
const timerRoundingMs = 1;

/** Nothing found means `ok`. */
export function clientFindings(measures: ClientMeasures): Finding[] {
  if (!measures.watched) return [{ verdict: "unknown", reason: "the client left no measurements of itself" }];
  return [
    ...delayFindings(measures),
    ...latenessFindings(measures),
    ...cpuFindings(measures),
    ...offeredFindings(measures),
  ];
}

/** Against the shorter of the two, where a delay weighs more. */
function delayFindings({ errorBoundMs, typicalDelayMs, medianTtftMs, meanGapMs }: ClientMeasures): Finding[] {
  const ms = Math.min(medianTtftMs ?? Infinity, meanGapMs ?? Infinity);
  if (ms === Infinity) return [];
  const against = `in the client, against a ${ms === meanGapMs ? "mean event gap" : "median TTFT"} of ${spoken(ms)} ms`;
  if (typicalDelayMs !== null && typicalDelayMs > limitedTypical * ms) {
    const reason = `half of all events may have been delayed by ${spoken(typicalDelayMs)} ms or more ${against}`;
    return [{ verdict: "limited", reason }];
  }
  if (errorBoundMs === null || errorBoundMs <= degradedTail * ms) return [];
  const reason = `1 event in 100 may have been delayed by ${spoken(errorBoundMs)} ms or more ${against}`;
  return [{ verdict: errorBoundMs > limitedTail * ms ? "limited" : "degraded", reason }];
}

/** A late send is in no latency from sent. It is in those from intended, and in the load. */
function latenessFindings({ sendLatenessP99Ms, medianTtftMs }: ClientMeasures): Finding[] {
  if (sendLatenessP99Ms === null || medianTtftMs === null) return [];
  if (sendLatenessP99Ms - timerRoundingMs <= degradedTail * medianTtftMs) return [];
  const reason = `1 send in 100 was ${spoken(sendLatenessP99Ms)} ms late or more, which is in the latencies from intended`;
  return [{ verdict: "degraded", reason }];
}

function cpuFindings({ cpu }: ClientMeasures): Finding[] {
  const length = (intervals: ClientMeasures["cpu"]) => intervals.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
  const workers = [...Map.groupBy(cpu, ({ worker }) => worker).values()];
  const full = workers.filter((intervals) => {
    const atWork = length(intervals.filter(({ share }) => share >= busy));
    return atWork >= busyMs && atWork >= busyShare * length(intervals);
  });
  if (full.length === 0) return [];
  const reason = `${full.length} of ${workers.length} workers used ${percent(busy)} of a core or more, most of the time`;
  return [{ verdict: "limited", reason }];
}

function offeredFindings({ offered, heldBack }: ClientMeasures): Finding[] {
  if (offered === null || heldBack || offered >= degradedOffered) return [];
  const reason = `the client sent ${percent(offered)} of the load that it was to offer`;
  return [{ verdict: offered < limitedOffered ? "limited" : "degraded", reason }];
}
