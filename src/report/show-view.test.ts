import { describe, expect, it } from "vitest";
import type { ShowDocument, ShownSeries } from "../runs/schemas/daemon.ts";
import { showView } from "./show-view.ts";
import { sparkline } from "./sparkline.ts";
import { terminalLines } from "./terminal.ts";

const series: ShownSeries[] = [
  {
    ...{ kind: "gauge", name: "kv_cache_usage", unit: "ratio", samples: 3600 },
    ...{ last: 0.5, mean: 0.25, min: 0, max: 1, points: [0, null, 0.5, 1] },
  },
  {
    ...{ kind: "rate", name: "generation_tokens", unit: "tokens", increase: 7200, covered_ms: 3_600_000 },
    ...{ mean: 2, points: [null, 1, 4, 2] },
  },
  { kind: "ratio", name: "prefix_cache_hit_rate", unit: "ratio", of: 0, value: null, points: [null, null, null, null] },
  {
    ...{ kind: "distribution", name: "ttft_ms", unit: "ms", samples: 1200, mean: 101.5 },
    p50: { value: 90, low: 80, high: 100 },
    p90: { value: 300, low: 250, high: 500 },
    p99: { value: null, low: 60_000, high: null },
    ...{ claim: "not_proven", why: "it lies above the last bucket's bound", points: [null, 50, 100, 150] },
  },
];

const source = {
  ...{ engine: "vllm", samples: 3600, failed: 0, last_error: null, restarts: 0 },
  ...{ last_sample: "2026-03-01T10:00:00.000Z", no_data_since: null, series },
};
const endpoint = { role: "engine", origin: "http://h:8000", path: "/metrics", ...source };

const document = (changes: Partial<ShowDocument> = {}): ShowDocument => ({
  ...{ schema: "inferguard-show/v1", from: "2026-03-01T09:00:00.000Z", to: "2026-03-01T10:00:00.000Z" },
  ...{ since_ms: 3_600_000, resolution: "10s", endpoints: [endpoint], runs: null, clock_steps: [], missing: [] },
  ...changes,
});

const shown = (changes: Partial<ShowDocument> = {}, style = { width: 100, unicode: true, colour: false }) =>
  terminalLines(showView(document(changes)), style);

describe("what a daemon has seen", () => {
  it("stands under each endpoint, with units, samples and its course", () => {
    const lines = shown();
    expect(lines[0]).toBe("The last 1 h, until 2026-03-01 10:00:00 UTC (resolution: 10 s)");
    expect(lines).toContain("0: engine, vllm at http://h:8000/metrics");
    expect(lines.find((line) => line.startsWith("KV cache"))).toMatch(/50 % +25 % +0 % +100 % +3,600 +▁·▅█$/);
    expect(lines.find((line) => line.startsWith("output tokens/s"))).toMatch(/2\.00 +2\.00 +7,200 +·▃█▅$/);
  });

  it("gives a percentile as its bucket allows: interpolated, as a bound, or as being above the last bound", () => {
    expect(shown().find((line) => line.startsWith("TTFT"))).toMatch(/102 +~90\.0 +≤500 +>60\.0 s +1,200 +·▃▆█$/);
  });

  it("leaves a rate of nothing empty, and says since when there is no data instead of a zero", () => {
    expect(shown().find((line) => line.startsWith("prefix cache"))).toMatch(/^prefix cache hit rate +of 0 +····$/);
    const silent = { ...endpoint, failed: 12, last_error: "the connection was refused" };
    const text = shown({ endpoints: [{ ...silent, no_data_since: "2026-03-01T09:59:00.000Z" }] }).join("\n");
    expect(text).toContain("No data since  2026-03-01 09:59:00 UTC: the connection was refused");
    expect(text).toContain("12 of 3,612 scrapes");
    const empty = shown({ endpoints: [{ ...silent, samples: 0, series: [] }] }).join("\n");
    expect(empty).toContain("No data  in this time: the connection was refused");
  });

  it("shows what came from a page as data: no control character reaches the terminal", () => {
    const hostile = { ...endpoint, role: "\u001b[31mred", engine: "\u202evllm", last_error: "\u0007", failed: 1 };
    expect(shown({ endpoints: [hostile] }).join("\n")).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  it("is ASCII where the terminal is", () => {
    const lines = shown({}, { width: 100, unicode: false, colour: false });
    expect(lines.join("\n")).toMatch(/^[\x20-\x7e\n]*$/);
    expect(lines.find((line) => line.startsWith("KV cache"))).toMatch(/_\.=#$/);
  });

  it("names clock steps and lost rows", () => {
    const lines = shown({
      clock_steps: [{ at: "2026-03-01T09:30:00.000Z", step_ms: -3_600_000 }],
      missing: [{ what: "12 rows", why: "the disk is full (ENOSPC)" }],
    });
    expect(lines.join("\n")).toContain("set by -3,600 s at 2026-03-01 09:30:00 UTC");
    expect(lines.join("\n")).toContain("12 rows: the disk is full (ENOSPC)");
  });
});

describe("a course", () => {
  it("is as high as its values, from zero to the top", () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe("▁▂▃▄▅▆▇█");
    expect(sparkline([0.5, 2], 1)).toBe("▅█");
    expect(sparkline([0, null, 0])).toBe("▁·▁");
    expect(sparkline([])).toBe("");
  });
});
