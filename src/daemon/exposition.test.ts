import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseExposition } from "../metrics/exposition.ts";
import { metricNames } from "../metrics/names.ts";
import { runMetricNames } from "../metrics/run-names.ts";
import { expositionText } from "./exposition.ts";
import { fullFacts } from "./exposition.fixture.ts";
import { createTotals } from "./totals.ts";

const familiesOf = (text: string) => parseExposition(text, { format: "prometheus" }).families;
const families = familiesOf(expositionText(fullFacts()));
const own = (name: string) => families.find((family) => family.name === name);

describe("the daemon's own metrics page", () => {
  it("has a family for every name, each with help and a type", () => {
    // runs_followed is one of the daemon's own.
    const ownFamilies = 8 + 8 + 1;
    expect(families).toHaveLength(
      Object.keys(metricNames).length + Object.keys(runMetricNames).length - 1 + ownFamilies,
    );
    for (const { name, help, type, samples } of families) {
      expect(name).toMatch(/^inferguard_[a-z][a-z0-9_]*[a-z0-9]$/);
      expect(help?.length).toBeGreaterThan(10);
      expect(["counter", "gauge", "histogram"]).toContain(type);
      expect(samples.length).toBeGreaterThan(0);
    }
  });

  it("keeps to Prometheus' conventions: base units in names, _total on counters alone", () => {
    for (const { name, type } of families) {
      expect(name.endsWith("_total")).toBe(type === "counter");
      expect(name).not.toMatch(
        /_(ms|us|milliseconds|kb|mb|percent|w|j|c|mhz|s|count|sum|bucket|gauge|counter)(_total)?$/,
      );
    }
  });

  it("says values in the base unit", () => {
    const value = (name: string) => own(name)?.samples[0]?.value;
    expect(value("inferguard_prefill_busy_seconds_total")).toBe(2);
    expect(value("inferguard_gpu_sm_clock_hertz")).toBe(500_000);
    expect(value("inferguard_kv_cache_usage_ratio")).toBe(0.5);
    const buckets = own("inferguard_ttft_seconds")?.samples.filter(({ labels }) => labels.get("endpoint") === "0");
    expect(buckets?.map(({ name, labels, value: count }) => [name, labels.get("le"), count])).toEqual([
      ["inferguard_ttft_seconds_bucket", "0.1", 1],
      ["inferguard_ttft_seconds_bucket", "1", 2],
      ["inferguard_ttft_seconds_bucket", "+Inf", 3],
      ["inferguard_ttft_seconds_sum", undefined, 1.5],
      ["inferguard_ttft_seconds_count", undefined, 3],
    ]);
  });

  it("has no label but the endpoint's place and role, and two that say what an endpoint is", () => {
    const special: Record<string, string> = {
      inferguard_build_info: "version",
      inferguard_endpoint_info: "endpoint,engine,origin,role",
    };
    for (const { name, samples } of families) {
      const labels = [...new Set(samples.flatMap((sample) => [...sample.labels.keys()]))].sort().join();
      const allowed = special[name] ?? ["", "endpoint,role", "endpoint,le,role", "le"];
      expect([allowed].flat()).toContain(labels);
    }
  });

  it("takes any role that a flag may give, as data", () => {
    const role = 'a"b\\c\nd\u001b{}\ud800';
    const [sample] =
      familiesOf(expositionText(fullFacts(role))).find(({ name }) => name.endsWith("_up"))?.samples ?? [];
    expect(sample?.labels.get("role")).toBe(role.toWellFormed());
  });

  it("begins a histogram again whose bounds have changed, and goes on with one that stays empty", () => {
    const totals = createTotals();
    const add = (bounds: (number | null)[], counts: number[], count: number) =>
      totals.add({
        ...{
          source: 0,
          engine: null,
          endMs: 0,
          lengthMs: 1,
          samples: 1,
          failed: 0,
          error: null,
          coveredMs: 1,
          resets: 0,
        },
        ...{ gauges: new Map(), counters: new Map() },
        histograms: new Map([["ttft_ms", { histogram: { sum: count, count, bounds, counts }, coveredMs: 1 }]]),
      });
    add([1, null], [1, 2], 2);
    add([1, null], [0, 0], 0);
    add([1, null], [1, 1], 1);
    expect(totals.histograms.get("ttft_ms")).toEqual({ sum: 3, count: 3, bounds: [1, null], counts: [2, 3] });
    add([5, null], [4, 4], 4);
    expect(totals.histograms.get("ttft_ms")).toEqual({ sum: 4, count: 4, bounds: [5, null], counts: [4, 4] });
  });
});

describe("the Grafana dashboard", () => {
  const text = readFileSync(join(import.meta.dirname, "../../docs/daemon/grafana-dashboard.json"), "utf8");
  const expressions = [...text.matchAll(/"(?:expr|query|definition)":\s*"((?:[^"\\]|\\.)*)"/g)].map(
    ([, expr]) => expr ?? "",
  );

  it("asks for nothing that the daemon does not say", () => {
    const names = new Set(families.flatMap(({ samples }) => samples.map(({ name }) => name)));
    const asked = expressions.flatMap((expr) => expr.match(/inferguard_[a-z0-9_]+/g) ?? []);
    expect(expressions.length).toBeGreaterThan(15);
    expect(asked.length).toBeGreaterThan(15);
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
  });

  it("is JSON with a panel for each expression's unit, and no address of anybody's", () => {
    const { panels } = JSON.parse(text) as { panels: { title: string; type: string }[] };
    expect(panels.every(({ title, type }) => title !== "" && type !== "")).toBe(true);
    expect(text).not.toMatch(/https?:\/\//);
  });
});
