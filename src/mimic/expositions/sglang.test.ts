import { describe, expect, it } from "vitest";
import { metricsOf, quick } from "../mimic.fixture.ts";
import { runClosedLoop } from "../simulation/closed-loop.fixture.ts";
import type { EngineProfile } from "../simulation/profile.ts";
import { createSimulation } from "../simulation.ts";
import { createSglangExposition } from "./sglang.ts";

const rankLabels = 'engine_type="unified",model_name="m",moe_ep_rank="0",pp_rank="0",tp_rank="0"';

function pageOf(profile: EngineProfile, concurrency = 8) {
  const result = runClosedLoop(profile, { concurrency, inputTokens: 100, outputTokens: 50, seconds: 20 });
  const exposition = createSglangExposition(profile, "m", profile.ranks);
  for (const event of result.events) exposition.observe(event);
  return { ...result, page: exposition.render(createSimulation(profile, 1).ranks()) };
}

describe("SGLang's metrics page", () => {
  it("agrees with what the simulation did, counted as SGLang counts", () => {
    const { page, finished, events, steps } = pageOf(quick);
    const metrics = metricsOf(page);
    const server = (name: string) => metrics.get(`sglang:${name}{model_name="m"}`);
    expect(finished.length).toBeGreaterThan(100);
    expect(server("num_requests_total")).toBe(finished.length);
    // When requests end, not as their tokens come.
    expect(server("generation_tokens_total")).toBe(finished.length * 50);
    expect(server("prompt_tokens_total")).toBe(finished.length * 100);
    const tokens = events.filter((event) => event.kind === "tokens");
    const gaps = tokens.filter(({ gapMs }) => gapMs !== null);
    expect(server("time_to_first_token_seconds_count")).toBe(tokens.length - gaps.length);
    expect(server("inter_token_latency_seconds_count")).toBe(gaps.reduce((sum, event) => sum + event.tokens, 0));
    expect(server("inter_token_latency_seconds_sum")).toBeCloseTo(
      gaps.reduce((sum, { gapMs }) => sum + (gapMs ?? 0), 0) / 1000,
      6,
    );
    const scheduler = (name: string, more = "") => metrics.get(`sglang:${name}{${more}${rankLabels}}`);
    expect(scheduler("queue_time_seconds_count")).toBe(events.filter(({ kind }) => kind === "admitted").length);
    const computed = steps.reduce((sum, { work }) => sum + work.prefillTokens, 0);
    const realtime =
      'engine_type="unified",mode="prefill_compute",model_name="m",moe_ep_rank="0",pp_rank="0",tp_rank="0"';
    expect(metrics.get(`sglang:realtime_tokens_total{${realtime}}`)).toBe(computed);
    expect(scheduler("max_total_num_tokens")).toBe(1024 * 16);
  });

  it("spreads the time of a step over the tokens that it gave", () => {
    const { page } = pageOf({ ...quick, speculation: { draftTokens: 3, acceptance: 1, draftMs: 0 } });
    const metrics = metricsOf(page);
    // Steps of 2 ms with four tokens each: half a millisecond a token.
    const below = metrics.get('sglang:inter_token_latency_seconds_bucket{le="0.002",model_name="m"}');
    expect(below).toBe(metrics.get('sglang:inter_token_latency_seconds_count{model_name="m"}'));
    expect(metrics.get(`sglang:spec_accept_length{${rankLabels}}`)).toBeGreaterThan(1);
  });

  it("says throughput as a gauge of the last steps, and nothing when idle", () => {
    const simulation = createSimulation(quick, 1);
    const exposition = createSglangExposition(quick, "m", 1);
    for (let i = 0; i < 4; i++) simulation.submit({ id: `r${i}`, nowMs: 0, inputTokens: 10, outputTokens: 400 });
    for (const event of simulation.advance(700)) exposition.observe(event);
    const gauge = () => metricsOf(exposition.render(simulation.ranks())).get(`sglang:gen_throughput{${rankLabels}}`);
    // Four tokens every 2 ms.
    expect(gauge()).toBeCloseTo(2000, -1);
    for (const event of simulation.advance(Infinity)) exposition.observe(event);
    expect(gauge()).toBe(0);
  });

  it("names the ranks and what each is for", () => {
    const split = { prefillRanks: 1, decodeRanks: 1, linkBytesPerSecond: 1e9, latencyMs: 1, bytesPerToken: 1000 };
    const { page } = pageOf({ ...quick, ranks: 2, split });
    expect(page).toContain('sglang:num_running_reqs{dp_rank="0",engine_type="prefill",');
    expect(page).toContain('sglang:num_running_reqs{dp_rank="1",engine_type="decode",');
  });
});
