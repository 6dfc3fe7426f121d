/** Takes what every source said, as it comes, to the recent window and to the history at each of its resolutions. */
import { emptyInterval, mergeInterval } from "../metrics/interval.ts";
import type { HistoryWriter, KeptLevel } from "../runs/history-writer.ts";
import type { ClockRow, HistoryLevel, IntervalSummary } from "../runs/schemas/history.ts";
import type { RecentWindow } from "./recent-window.ts";

export interface Recorder {
  /** One sample. Those of one source come in the order of time. */
  record(interval: IntervalSummary, offsets?: Record<string, number>): void;
  recordStep(row: ClockRow): void;
  /** Ends the intervals that are over although nothing came after them, as when the last run has ended. */
  settle(nowMs: number): void;
  /** A sample that is on disk already, for the coarser intervals that were not over when its daemon ended. */
  restore(interval: IntervalSummary, after: (level: HistoryLevel, source: number | null) => number): void;
}

const HOUR_MS = 3_600_000;

/** Longer than a scrape may take. */
const patienceMs = 15_000;

export const levelWidthMs: Record<HistoryLevel, number> = { raw: 0, "10s": 10_000, "1m": 60_000 };

/** Which levels there are: a coarser one must be coarser than the scrapes, and the last one goes all the way back. */
export function chooseLevels(intervalMs: number, retainMs: number): KeptLevel[] {
  const reach: Record<HistoryLevel, number> = { raw: HOUR_MS, "10s": 24 * HOUR_MS, "1m": Infinity };
  const levels = (["raw", "10s", "1m"] as const).filter((level) => level === "raw" || levelWidthMs[level] > intervalMs);
  return levels.map((level, i) => {
    const isLast = i === levels.length - 1;
    // A little is left over for what is between two sizes of a file.
    const share = isLast ? 0.98 - 0.24 * (levels.length - 1) : 0.24;
    return { level, keepMs: isLast ? retainMs : Math.min(reach[level], retainMs), share };
  });
}

export function createRecorder(
  writer: Pick<HistoryWriter, "append">,
  window: RecentWindow,
  levels: readonly KeptLevel[],
): Recorder {
  const coarse = levels.filter(({ level }) => level !== "raw").map(({ level }) => level);
  const open = new Map<string, IntervalSummary>();

  const write = (level: HistoryLevel, interval: IntervalSummary) =>
    writer.append(level, { kind: "interval", interval, offsets: {} });

  const addTo = (level: HistoryLevel, part: IntervalSummary) => {
    const widthMs = levelWidthMs[level];
    const endMs = Math.ceil(part.endMs / widthMs) * widthMs;
    const key = `${level} ${part.source}`;
    let current = open.get(key);
    if (current !== undefined && current.endMs < endMs) {
      write(level, current);
      current = undefined;
    }
    // One that was ended without a late sample has a second row: readers add them up.
    if (current === undefined) open.set(key, (current = emptyInterval(part.source, endMs, widthMs)));
    mergeInterval(current, part);
  };

  return {
    record(interval, offsets = {}) {
      const entry = { kind: "interval", interval, offsets } as const;
      window.append(entry);
      writer.append("raw", entry);
      for (const level of coarse) addTo(level, interval);
    },
    recordStep(row) {
      window.append(row);
      for (const { level } of levels) writer.append(level, row);
    },
    settle(nowMs) {
      for (const level of coarse)
        for (const [key, interval] of open)
          if (key.startsWith(`${level} `) && interval.endMs < nowMs - patienceMs) {
            write(level, interval);
            open.delete(key);
          }
    },
    restore(interval, after) {
      for (const level of coarse) if (interval.endMs > after(level, interval.source)) addTo(level, interval);
    },
  };
}
