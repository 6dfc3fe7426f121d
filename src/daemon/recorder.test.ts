import { describe, expect, it } from "vitest";
import { emptyInterval } from "../metrics/interval.ts";
import type { HistoryEntry } from "../runs/history-codec.ts";
import type { HistoryLevel, IntervalSummary } from "../runs/schemas/history.ts";
import { createRecentWindow } from "./recent-window.ts";
import { chooseLevels, createRecorder } from "./recorder.ts";

const HOUR = 3_600_000;

function sample(endMs: number, source: number | null = 0): IntervalSummary {
  const interval = emptyInterval(source, endMs, 1000);
  interval.counters.set("generation_tokens", { increase: 1, coveredMs: 1000 });
  return { ...interval, samples: 1, coveredMs: 1000 };
}

function recording() {
  const written: { level: HistoryLevel; endMs: number; samples: number }[] = [];
  const append = (level: HistoryLevel, entry: HistoryEntry) => {
    if (entry.kind === "interval")
      written.push({ level, endMs: entry.interval.endMs, samples: entry.interval.samples });
  };
  const recorder = createRecorder({ append }, createRecentWindow(64 * 1024), chooseLevels(1000, HOUR));
  return { recorder, at: (level: HistoryLevel) => written.filter((row) => row.level === level) };
}

describe("coarser intervals", () => {
  it("have the samples that ended in them, and are written when the next one begins", () => {
    const { recorder, at } = recording();
    for (let second = 1; second <= 61; second++) recorder.record(sample(second * 1000));
    expect(at("raw")).toHaveLength(61);
    expect(at("10s").map(({ endMs, samples }) => [endMs, samples])).toEqual(
      [10_000, 20_000, 30_000, 40_000, 50_000, 60_000].map((endMs) => [endMs, 10]),
    );
    expect(at("1m")).toEqual([{ level: "1m", endMs: 60_000, samples: 60 }]);
  });

  it("are written some time after their end when nothing follows", () => {
    const { recorder, at } = recording();
    recorder.record(sample(5000, null));
    recorder.settle(20_000);
    expect(at("10s")).toEqual([]);
    recorder.settle(26_000);
    recorder.settle(27_000);
    expect(at("10s")).toEqual([{ level: "10s", endMs: 10_000, samples: 1 }]);
    expect(at("1m")).toEqual([]);
  });
});

describe("the levels of a history", () => {
  it("are those that are coarser than the scrapes, and the last one goes all the way back", () => {
    const reach = (intervalMs: number, retainMs: number) =>
      chooseLevels(intervalMs, retainMs).map(({ level, keepMs }) => [level, keepMs / HOUR]);
    expect(reach(1000, 720 * HOUR)).toEqual([
      ["raw", 1],
      ["10s", 24],
      ["1m", 720],
    ]);
    expect(reach(15_000, 720 * HOUR)).toEqual([
      ["raw", 1],
      ["1m", 720],
    ]);
    expect(reach(300_000, 720 * HOUR)).toEqual([["raw", 720]]);
    expect(reach(1000, 0.5 * HOUR).map(([, hours]) => hours)).toEqual([0.5, 0.5, 0.5]);
  });

  it("share the disk without taking all of it", () => {
    for (const intervalMs of [1000, 15_000, 300_000]) {
      const shares = chooseLevels(intervalMs, HOUR).map(({ share }) => share);
      expect(shares.reduce((a, b) => a + b)).toBeCloseTo(0.98, 10);
    }
  });
});
