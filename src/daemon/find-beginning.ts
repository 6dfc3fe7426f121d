/** Where the history so far ends, so that a daemon that is started again goes on from there. */
import { readHistory, readSegmentStart } from "../runs/history-reader.ts";
import { listSegments } from "../runs/history-segments.ts";
import type { HistoryLevel, IntervalSummary } from "../runs/schemas/history.ts";
import type { TailStart } from "./tail-runs.ts";

export interface Beginning {
  /** No row of the history is later. */
  endMs: number;
  /** Null when there is no history. */
  tail: TailStart | null;
  /** The last minutes' samples, of which a coarser level may lack the newest. */
  unfinished(this: void): AsyncGenerator<IntervalSummary>;
  /** Up to where a coarser level has a source. */
  after(this: void, level: HistoryLevel, source: number | null): number;
}

/** Longer than the longest interval of any level. */
const lookBackMs = 10 * 60_000;

export async function findBeginning(directory: string): Promise<Beginning> {
  // What cannot be read is not gone on from; the writer says what is wrong with the directory.
  const segments = await listSegments(directory).catch(() => []);
  const newest = segments.filter(({ level }) => level === "raw").at(-1);
  let endMs = Math.max(0, ...segments.map(({ startMs }) => startMs));
  let tail: TailStart | null = null;
  const range = (level: HistoryLevel, fromMs: number) =>
    readHistory(directory, { level, fromMs, toMs: Infinity, leftOut: () => {} });

  const start = newest === undefined ? null : await readSegmentStart(newest).catch(() => null);
  if (start !== null) {
    tail = { offsets: start.offsets, lastLookMs: start.wall_ms };
    for await (const entry of range("raw", start.t_ms - 1)) {
      if (entry.kind !== "interval") continue;
      const { interval, offsets } = entry;
      endMs = Math.max(endMs, interval.endMs);
      const lastLookMs = start.wall_ms + endMs - start.t_ms;
      tail = { offsets: interval.source === null ? offsets : tail.offsets, lastLookMs };
    }
  }
  const last = new Map<string, number>();
  for (const level of ["10s", "1m"] as const)
    for await (const entry of range(level, endMs - lookBackMs))
      if (entry.kind === "interval") last.set(`${level} ${entry.interval.source}`, entry.interval.endMs);

  return {
    endMs,
    tail,
    async *unfinished() {
      for await (const entry of range("raw", endMs - lookBackMs)) if (entry.kind === "interval") yield entry.interval;
    },
    after: (level, source) => last.get(`${level} ${source}`) ?? -Infinity,
  };
}
