/**
 * Whether an open loop asked for more than the server does: then each request waits longer than the one before it, and
 * no latency of the level means anything but how long the level ran.
 */
import type { LevelRows } from "./level-rows.ts";
import { sampleQuantile } from "./quantiles.ts";
import { requestLatencies } from "./request-times.ts";

export interface Backlog {
  grows: boolean;
  /** Median E2E from intended in the second and in the last quarter of the level's requests. */
  secondQuarterMs: number;
  lastQuarterMs: number;
}

/** In ten requests a quarter, a median is not yet moved by one of them. */
const fewestRequests = 40;
/** Falling behind by this share of the time that passes. A server at rate / (1 - x) falls behind by x. */
const fallingBehind = 0.05;

/**
 * Null for a closed loop, which cannot have a backlog, and with fewer than 40 answers. The first quarter only has to be
 * the lowest: while the server fills, latency grows at any rate.
 */
export function backlogOf({ load, ok }: LevelRows): Backlog | null {
  if (load?.mode !== "open" || ok.length < fewestRequests) return null;
  const quarters = [0, 1, 2, 3].map((quarter) => {
    const rows = ok.slice(Math.floor((quarter * ok.length) / 4), Math.floor(((quarter + 1) * ok.length) / 4));
    const latencies = Float64Array.from(rows, (row) => requestLatencies.e2e_from_intended(row) ?? 0).sort();
    const intended = Float64Array.from(rows, (row) => row.intended_ms);
    return { latencyMs: sampleQuantile(latencies, 0.5), atMs: sampleQuantile(intended, 0.5) };
  });
  const [first, second, third, last] = quarters as [Quarter, Quarter, Quarter, Quarter];
  const rises =
    first.latencyMs < second.latencyMs && second.latencyMs < third.latencyMs && third.latencyMs < last.latencyMs;
  const grows = rises && last.latencyMs - second.latencyMs >= fallingBehind * (last.atMs - second.atMs);
  return { grows, secondQuarterMs: second.latencyMs, lastQuarterMs: last.latencyMs };
}

interface Quarter {
  latencyMs: number;
  atMs: number;
}
