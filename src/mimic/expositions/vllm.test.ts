import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../random.ts";
import { metricsOf, quick } from "../mimic.fixture.ts";
import type { SimulationEvent } from "../simulation/events.ts";
import { createSimulation } from "../simulation.ts";
import { createVllmExposition } from "./vllm.ts";

const fixture = new URL("../../../test/fixtures/expositions/vllm-0.26.0-families.txt", import.meta.url);
const labels = 'engine="0",model_name="m"';

/** A few hundred requests, some of them cancelled, and everything that came of them. */
function busyHour() {
  const simulation = createSimulation(quick, 1);
  const random = seededRandom("busy");
  for (let i = 0; i < 400; i++) {
    const nowMs = i * 20;
    const inputTokens = 1 + random.integer(600);
    const outputTokens = 10 + random.integer(60);
    const blockHashes = Array.from({ length: 30 }, (_, block) => (i % 3) * 1000 + block);
    simulation.submit({ id: `r${i}`, nowMs, inputTokens, outputTokens, blockHashes, maxOutputTokens: outputTokens });
    if (i % 10 === 0) simulation.cancel(`r${i}`, nowMs + 6);
  }
  const events = simulation.advance(Infinity);
  const exposition = createVllmExposition(quick, "m", 1);
  for (const event of events) exposition.observe(event);
  const page = exposition.render(simulation.ranks());
  return { events, page, metrics: metricsOf(page) };
}

const sum = (events: readonly SimulationEvent[], value: (event: SimulationEvent) => number) =>
  events.reduce((total, event) => total + value(event), 0);

describe("vLLM's metrics page", () => {
  it("has every family that a vLLM 0.26.0 server exposes, with its type", () => {
    const expected = readFileSync(fixture, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("vllm:"));
    const { page } = busyHour();
    expect(expected.length).toBeGreaterThan(30);
    const given = [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    expect(given.toSorted()).toEqual(expected.toSorted());
  });

  it("agrees with what the simulation did, to the token", () => {
    const { events, metrics } = busyHour();
    const value = (name: string, more = "") => metrics.get(`vllm:${name}{${labels}${more}}`) ?? NaN;
    const generated = sum(events, (event) => (event.kind === "tokens" ? event.tokens : 0));
    expect(value("generation_tokens_total")).toBe(generated);
    const firsts = events.filter((event) => event.kind === "tokens" && event.gapMs === null);
    expect(value("prompt_tokens_total")).toBe(
      sum(firsts, (event) => (event.kind === "tokens" ? event.inputTokens : 0)),
    );
    expect(value("prompt_tokens_cached_total")).toBeGreaterThan(0);
    const sources = ["local_compute", "local_cache_hit", "external_kv_transfer"];
    const bySource = sources.map((source) => value("prompt_tokens_by_source_total", `,source="${source}"`));
    expect(bySource.reduce((a, b) => a + b)).toBe(value("prompt_tokens_total"));
    expect(bySource[1]).toBe(value("prompt_tokens_cached_total"));
    const finished = (reason: string) =>
      metrics.get(`vllm:request_success_total{engine="0",finished_reason="${reason}",model_name="m"}`);
    expect([finished("length"), finished("abort")]).toEqual([360, 40]);
    expect(value("iteration_tokens_total_sum")).toBe(value("generation_tokens_total") + value("prompt_tokens_total"));
  });

  it("has histograms whose buckets grow to their count, whose counts and sums are those of the events", () => {
    const { events, page, metrics } = busyHour();
    const names = [...page.matchAll(/^# TYPE (\S+) histogram$/gm)].map(([, name]) => name ?? "");
    expect(names).toHaveLength(15);
    for (const name of names) {
      const buckets = [...metrics].filter(([key]) => key.startsWith(`${name}_bucket`)).map(([, count]) => count);
      expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
      expect(buckets.at(-1)).toBe(metrics.get(`${name}_count{${labels}}`));
    }
    const gaps = events.flatMap((event) =>
      event.kind === "tokens" && event.gapMs !== null ? [event.gapMs / 1000] : [],
    );
    expect(metrics.get(`vllm:inter_token_latency_seconds_count{${labels}}`)).toBe(gaps.length);
    expect(metrics.get(`vllm:inter_token_latency_seconds_sum{${labels}}`)).toBeCloseTo(
      gaps.reduce((a, b) => a + b, 0),
      6,
    );
    const below = gaps.filter((gap) => gap <= 0.01).length;
    expect(metrics.get(`vllm:inter_token_latency_seconds_bucket{engine="0",le="0.01",model_name="m"}`)).toBe(below);
    for (const name of ["e2e_request_latency_seconds", "request_queue_time_seconds", "request_generation_tokens"])
      expect(metrics.get(`vllm:${name}_count{${labels}}`)).toBe(360);
  });

  it("exists whole, at zero, before anything has happened", () => {
    const page = createVllmExposition(quick, "m", 2).render(createSimulation({ ...quick, ranks: 2 }, 1).ranks());
    const metrics = metricsOf(page);
    expect(metrics.get('vllm:generation_tokens_total{engine="1",model_name="m"}')).toBe(0);
    expect(metrics.get('vllm:time_to_first_token_seconds_count{engine="1",model_name="m"}')).toBe(0);
    expect(page).toContain('vllm:cache_config_info{block_size="16",');
  });
});
