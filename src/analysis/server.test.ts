import { describe, expect, it } from "vitest";
import type { TimelineRow } from "../runs/schemas/timeline.ts";
import { concurrency, later, levelOf, requestRow, runOf } from "./rows.fixture.ts";
import { serverOf } from "./server.ts";

const scrape = (atMs: number, values: Partial<TimelineRow>): TimelineRow => ({
  start_ms: atMs - 1,
  t_ms: atMs,
  source: 0,
  engine: "vllm",
  gauges: {},
  counters: {},
  histograms: {},
  error: null,
  ...values,
});
const histogram = (count: number, sum: number) => ({
  ttft_ms: { count, sum, bounds: [100, null], counts: [0, count] },
});
/** Measured from 1000 to 3191 ms. */
const level = levelOf(concurrency(1), [later(requestRow(), 1000), later(requestRow({ id: 1 }), 3000)]);
const window = { startMs: 1000, endMs: 3191 };

function of(timeline: TimelineRow[]) {
  return serverOf(timeline, level, window, runOf(concurrency(1)));
}

describe("what the server said during a level", () => {
  it("is the mean and maximum of a gauge within the headline's window", () => {
    const timeline = [500, 1500, 2500, 3500].map((atMs, i) =>
      scrape(atMs, { gauges: { requests_running: [50, 2, 4, 50][i] as number } }),
    );
    expect(of(timeline)).toEqual([
      { source: 0, role: "engine", metric: "requests_running", unit: "requests", mean: 3, max: 4, increase: null },
    ]);
  });

  it("is the increase of a counter from the scrape before the level to the one after it, through a restart", () => {
    const counts = [1, 100, 130, 20, 50, 900];
    const timeline = counts.map((preemptions, i) => scrape(i * 800, { counters: { preemptions } }));
    // Scrapes at 800 (100), 1600 (130), 2400 (20, after a restart), 3200 (50) and 4000; the one asked for at 3199 is after the end.
    expect(of(timeline)).toMatchObject([
      { metric: "preemptions", unit: "requests", increase: 30 + 20 + 30, mean: null },
    ]);
  });

  it("is the mean of a histogram's new entries, and how many they were", () => {
    const timeline = [
      scrape(900, { histograms: histogram(10, 5000) }),
      scrape(3300, { histograms: histogram(14, 5800) }),
    ];
    expect(of(timeline)).toMatchObject([{ metric: "ttft_ms", unit: "ms", mean: 200, max: null, increase: 4 }]);
  });

  it("does not say zero where it does not know", () => {
    expect(of([])).toEqual([]);
    expect(of([scrape(1500, { counters: { preemptions: 7 } })])).toEqual([]);
    expect(of([scrape(1500, { error: "refused" })])).toEqual([]);
  });

  it("does not depend on the order of the rows, and keeps sources apart", () => {
    const timeline = [
      scrape(2000, { source: 1, gauges: { gpu_power_w: 300 } }),
      scrape(2500, { gauges: { requests_running: 3 } }),
      scrape(1500, { gauges: { requests_running: 1 } }),
    ];
    expect(of(timeline).map(({ source, role, metric, mean }) => [source, role, metric, mean])).toEqual([
      [0, "engine", "requests_running", 2],
      [1, "unknown", "gpu_power_w", 300],
    ]);
    expect(of(timeline.toReversed())).toEqual(of(timeline));
  });
});
