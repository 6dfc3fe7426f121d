import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CumulativeHistogram, TimelineRow } from "../runs/schemas/timeline.ts";
import { counterIncrease, histogramIncrease, summariseGauge } from "./series.ts";

const everything = { startMs: 0, endMs: Infinity };

function row(atMs: number, values: Partial<TimelineRow>): TimelineRow {
  return {
    start_ms: atMs - 5,
    t_ms: atMs,
    source: 0,
    engine: "vllm",
    gauges: {},
    counters: {},
    histograms: {},
    error: null,
    ...values,
  };
}
const counters = (...values: (number | null)[]) =>
  values.map((value, i) =>
    row(i * 1000, value === null ? { error: "no answer" } : { counters: { generation_tokens: value } }),
  );
const gauges = (...points: [atMs: number, value: number][]) =>
  points.map(([atMs, value]) => row(atMs, { gauges: { requests_running: value } }));
const histograms = (...values: CumulativeHistogram[]) =>
  values.map((value, i) => row(i * 1000, { histograms: { ttft_ms: value } }));

describe("a counter's increase", () => {
  const increase = (rows: TimelineRow[], window = everything) => counterIncrease(rows, "generation_tokens", window);

  it("is last minus first, with the span that it covers", () => {
    expect(increase(counters(10, 15, 40))).toEqual({ increase: 30, resets: 0, fromMs: 0, toMs: 2000, samples: 3 });
  });

  it("counts through a restart from zero", () => {
    expect(increase(counters(100, 120, 7, 9))).toMatchObject({ increase: 29, resets: 1 });
  });

  it("steps over failed scrapes, which are no zeros", () => {
    expect(increase(counters(null, 10, null, 15, null))).toEqual({
      increase: 5,
      resets: 0,
      fromMs: 1000,
      toMs: 3000,
      samples: 2,
    });
  });

  it("looks at the window only", () => {
    expect(increase(counters(1, 2, 4, 8, 16), { startMs: 1000, endMs: 3500 })).toMatchObject({
      increase: 6,
      fromMs: 1000,
      toMs: 3000,
    });
  });

  it("is not known from fewer than two scrapes", () => {
    expect(increase(counters(10, null))).toBeNull();
    expect(counterIncrease(counters(1, 2), "prompt_tokens", everything)).toBeNull();
    expect(counterIncrease(counters(1, 2), "constructor", everything)).toBeNull();
  });

  it("is the sum of what was added, wherever the server restarted", () => {
    // A restart that is back above the last value before the next scrape cannot be seen in a counter.
    const life = fc.array(fc.record({ added: fc.nat(1000), restart: fc.boolean() }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(life, fc.nat(1000), (steps, first) => {
        let value = first;
        let total = 0;
        const seen = [value];
        for (const { added, restart } of steps) {
          const restarts = restart && added < value;
          value = restarts ? added : value + added;
          total += added;
          seen.push(value);
        }
        expect(increase(counters(...seen))?.increase).toBe(total);
      }),
    );
  });

  it("is the same in one piece and in two", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { minLength: 3, maxLength: 20 }), fc.nat(), (values, at) => {
        const cut = 1 + (at % (values.length - 2));
        const rows = counters(...values);
        const parts = [rows.slice(0, cut + 1), rows.slice(cut)].map((part) => increase(part)?.increase ?? NaN);
        expect((parts[0] as number) + (parts[1] as number)).toBe(increase(rows)?.increase);
      }),
    );
  });
});

describe("a gauge", () => {
  it("is averaged over time, not over scrapes", () => {
    const summary = summariseGauge(gauges([0, 0], [1000, 10], [9000, 10]), "requests_running", everything);
    expect(summary).toEqual({ mean: (5000 + 80000) / 9000, min: 0, max: 10, fromMs: 0, toMs: 9000, samples: 3 });
  });

  it("is its only value when there is one, and nothing when there is none", () => {
    expect(summariseGauge(gauges([500, 4]), "requests_running", everything)).toMatchObject({
      mean: 4,
      min: 4,
      max: 4,
      samples: 1,
    });
    expect(summariseGauge(gauges([500, 4]), "requests_running", { startMs: 600, endMs: 700 })).toBeNull();
  });
});

describe("a histogram's increase", () => {
  const at = (counts: number[], sum: number, bounds: (number | null)[] = [10, 100, null]): CumulativeHistogram => ({
    sum,
    count: counts.at(-1) as number,
    bounds,
    counts,
  });
  const increase = (...values: CumulativeHistogram[]) =>
    histogramIncrease(histograms(...values), "ttft_ms", everything);

  it("is bucket by bucket", () => {
    expect(increase(at([1, 2, 3], 50), at([1, 5, 7], 250))).toMatchObject({ histogram: at([0, 3, 4], 200), resets: 0 });
  });

  it("counts through a restart", () => {
    expect(increase(at([5, 5, 5], 20), at([6, 6, 6], 25), at([0, 1, 2], 300))).toMatchObject({
      histogram: at([1, 2, 3], 305),
      resets: 1,
    });
  });

  it("sees a restart in one bucket, also where the count has grown past the old one", () => {
    expect(increase(at([5, 5, 5], 20), at([0, 0, 9], 900))).toMatchObject({ histogram: at([0, 0, 9], 900), resets: 1 });
  });

  it("keeps the bounds that every scrape has", () => {
    const changed = at([2, 9], 80, [100, null]);
    expect(increase(at([1, 2, 3], 50), changed)).toMatchObject({ histogram: at([0, 6], 30, [100, null]), resets: 0 });
  });
});
