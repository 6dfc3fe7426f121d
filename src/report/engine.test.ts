import { describe, expect, it } from "vitest";
import type { LevelSummary } from "../runs/schemas/summary.ts";
import { engineSections } from "./engine.ts";
import { footnotes, type Section } from "./model.ts";
import { level } from "./sample-summary.fixture.ts";

type Metric = LevelSummary["server"][number];

const metric = (name: string, unit: string, values: Partial<Metric>): Metric => ({
  source: 0,
  role: "engine",
  metric: name,
  unit,
  mean: null,
  max: null,
  increase: null,
  ...values,
});

const said = (...server: Metric[]): LevelSummary => ({ ...level(0, "concurrency 1", 10, 1), server });
const rowsOf = (section: Section | undefined) => section?.table?.rows.map((row) => row.map((cell) => cell.text));

describe("what an engine said", () => {
  it("is no section when it said nothing", () => expect(engineSections([said()])).toEqual([]));

  it("comes in the order in which trouble shows, whatever the order of the page", () => {
    const [summary] = engineSections([
      said(
        metric("preemptions", "requests", { increase: 3 }),
        metric("kv_cache_usage", "ratio", { mean: 0.5, max: 0.9999 }),
        metric("requests_running", "requests", { mean: 1.25, max: 8 }),
      ),
    ]);
    expect(rowsOf(summary)).toEqual([
      ["running requests", "1.25", "8", ""],
      ["KV cache usage", "50 %", ">99.9 %", ""],
      ["preemptions", "", "", "3"],
    ]);
  });

  it("has a hit rate from tokens or from blocks, and none where nothing was looked up", () => {
    const rate = (...server: Metric[]) =>
      rowsOf(engineSections([said(metric("preemptions", "requests", { increase: 0 }), ...server)])[0])?.[1]?.[1];
    expect(
      rate(
        metric("prefix_cache_hits_tokens", "tokens", { increase: 25 }),
        metric("prefix_cache_queries_tokens", "tokens", { increase: 100 }),
      ),
    ).toBe("25 %");
    expect(
      rate(
        metric("prefix_cache_hits_blocks", "blocks", { increase: 1 }),
        metric("prefix_cache_misses_blocks", "blocks", { increase: 3 }),
      ),
    ).toBe("25 %");
    expect(
      rate(
        metric("prefix_cache_hits_tokens", "tokens", { increase: 0 }),
        metric("prefix_cache_queries_tokens", "tokens", { increase: 0 }),
      ),
    ).toBeUndefined();
  });

  it("leaves the rest to the detail, with names and units as they are known", () => {
    const [summary, detail] = engineSections([
      said(
        metric("gpu_temperature_c", "°C", { mean: 61.2, max: 64 }),
        metric("decode_busy_ms", "ms", { increase: 12_345 }),
        metric("a_later_version", "parsecs", { max: 12 }),
        metric("__proto__", "constructor", { max: 1 }),
      ),
    ]);
    expect(summary?.table).toBeNull();
    expect(detail?.depth).toBe("detail");
    expect(rowsOf(detail)).toEqual([
      ["gpu temperature c", "61.2 °C", "64 °C", ""],
      ["decode busy ms", "", "", "12.3 s"],
      ["a later version", "", "12", ""],
      ["  proto  ", "", "1", ""],
    ]);
  });

  it("is apart for each source, named by its role", () => {
    const running = (role: string, source: number) =>
      metric("requests_running", "requests", { role, source, mean: source, max: source });
    const headings = engineSections([said(running("prefill", 0), running("decode", 1), running("decode", 2))])
      .filter((section) => section.depth === "summary")
      .map((section) => section.heading);
    expect(headings).toEqual(["Prefill", "Decode 1", "Decode 2"]);
  });

  it("of a sweep stands side by side; a level that lacks a metric has an empty cell, not a zero", () => {
    const [summary] = engineSections([
      said(metric("requests_waiting", "requests", { mean: 0, max: 0 })),
      { ...said(metric("kv_cache_usage", "ratio", { max: 0.5 })), load: "concurrency 2" },
    ]);
    expect(summary?.table?.columns.map((column) => [column.group, column.label])).toEqual([
      [null, "concurrency"],
      ["waiting", "mean"],
      ["waiting", "max"],
      ["KV cache", "max"],
    ]);
    expect(rowsOf(summary)).toEqual([
      ["1", "0", "0", ""],
      ["2", "", "", "50 %"],
    ]);
    expect(summary?.table && footnotes(summary.table)).toEqual([]);
  });
});
