/** Answers `daemon show`: from the recent window where it reaches back far enough, else from the history on disk. */
import { createShowWindow, type ShownSource } from "../analysis/show-window.ts";
import type { HistoryEntry } from "../runs/history-codec.ts";
import { readHistory } from "../runs/history-reader.ts";
import { listSegments } from "../runs/history-segments.ts";
import { type HistoryLevel, historyLevels, type IntervalSummary } from "../runs/schemas/history.ts";
import { SHOW_SCHEMA, type ShowDocument } from "../runs/schemas/daemon.ts";
import type { RecentWindow } from "./recent-window.ts";
import { levelWidthMs } from "./recorder.ts";

export interface ShowOptions {
  directory: string;
  /** The plan's metrics endpoints. */
  places: readonly { role: string; origin: string; path: string }[];
  intervalMs: number;
  sinceMs: number;
  /** By the history's clock, and what a person's clock shows at a time of it. */
  nowMs: number;
  wallTime(this: void, atMs: number): Date;
  /** Null: no daemon runs, and everything comes from the disk. */
  recent: RecentWindow | null;
}

/** Finer than this and a long span would be read row by row. */
const finestSince: Record<HistoryLevel, number> = { raw: 15 * 60_000, "10s": 6 * 3_600_000, "1m": Infinity };
const mostParts = 24;

export async function showHistory(options: ShowOptions): Promise<ShowDocument> {
  const { directory, nowMs, sinceMs, intervalMs, wallTime, recent } = options;
  const fromMs = nowMs - sinceMs;
  const parts = Math.max(1, Math.min(mostParts, Math.floor(sinceMs / intervalMs)));
  const window = createShowWindow(fromMs, nowMs, parts);
  const missing: ShowDocument["missing"] = [];
  const steps: ShowDocument["clock_steps"] = [];
  /** Up to where a coarse level has each source; after that the samples themselves are taken. */
  const reached = new Map<number | null, number>();

  const stepsSeen = new Set<number>();

  const take = (entry: HistoryEntry) => {
    if (entry.kind === "clock") {
      if (!stepsSeen.has(entry.t_ms)) steps.push({ at: wallTime(entry.t_ms).toISOString(), step_ms: entry.step_ms });
      stepsSeen.add(entry.t_ms);
    } else if (entry.kind === "lost")
      missing.push({
        what: `${entry.rows} rows from ${wallTime(entry.from_ms).toISOString()} to ${wallTime(entry.t_ms).toISOString()}`,
        why: entry.why,
      });
    else window.add(entry.interval);
  };
  const isNew = ({ source, endMs }: IntervalSummary) =>
    endMs > fromMs && endMs <= nowMs && endMs > (reached.get(source) ?? -Infinity);
  const leftOut = (what: string) => missing.push({ what, why: "left out" });

  const inMemory = recent !== null && (recent.span()?.fromMs ?? Infinity) <= fromMs;
  const level = inMemory ? "raw" : await chooseLevel(directory, sinceMs, fromMs);
  // What memory has is taken from there: the disk may not have had room for it.
  const memoryFromMs = recent?.span()?.fromMs ?? nowMs;
  const toMs = Math.min(nowMs, memoryFromMs + levelWidthMs[level]);
  if (!inMemory)
    for await (const entry of readHistory(directory, { level, fromMs, toMs, leftOut })) {
      take(entry);
      if (entry.kind === "interval") reached.set(entry.interval.source, entry.interval.endMs);
    }
  const finest =
    recent?.entries() ??
    (level === "raw" ? [] : readHistory(directory, { level: "raw", fromMs, toMs: nowMs, leftOut }));
  for await (const entry of finest) {
    if (entry.kind === "interval" ? isNew(entry.interval) : entry.kind === "clock" && entry.t_ms > fromMs) take(entry);
  }

  const shown = (source: number | null) => {
    const found = window.source(source);
    return found === null ? null : sourceDocument(found, nowMs, Math.max(3 * intervalMs, 5000), wallTime);
  };
  return {
    schema: SHOW_SCHEMA,
    from: wallTime(fromMs).toISOString(),
    to: wallTime(nowMs).toISOString(),
    since_ms: sinceMs,
    resolution: level,
    endpoints: options.places.map((place, source) => ({ ...place, ...(shown(source) ?? nothing) })),
    runs: shown(null),
    clock_steps: steps,
    missing,
  };
}

const nothing = {
  ...{ engine: null, samples: 0, failed: 0, last_error: null, restarts: 0, last_sample: null, no_data_since: null },
  series: [],
};

function sourceDocument(
  { engine, samples, failed, lastError, restarts, lastSampleMs, series }: ShownSource,
  nowMs: number,
  patienceMs: number,
  wallTime: (atMs: number) => Date,
) {
  const last = lastSampleMs === null ? null : wallTime(lastSampleMs).toISOString();
  const isSilent = lastSampleMs !== null && nowMs - lastSampleMs > patienceMs;
  return {
    ...{ engine, samples, failed, last_error: lastError, restarts, last_sample: last },
    ...{ no_data_since: isSilent ? last : null, series },
  };
}

/** The finest level that is fine enough to read and goes back far enough; else the one that goes back furthest. */
async function chooseLevel(directory: string, sinceMs: number, fromMs: number): Promise<HistoryLevel> {
  const segments = await listSegments(directory).catch(() => []);
  const there = historyLevels.flatMap((level) => {
    const first = segments.find((segment) => segment.level === level);
    return first === undefined ? [] : [{ level, startMs: first.startMs }];
  });
  const fit = there.filter(({ level }) => sinceMs <= finestSince[level]);
  const candidates = fit.length > 0 ? fit : there;
  const furthest = candidates.toSorted((a, b) => a.startMs - b.startMs)[0];
  return (candidates.find(({ startMs }) => startMs <= fromMs) ?? furthest)?.level ?? "raw";
}
