import { describe, expect, it } from "vitest";
import type { RequestRow } from "../runs/schemas/request.ts";
import type { Footing } from "./figures.ts";
import { closedLoop, concurrency, failed, later, levelOf, requestRow } from "./rows.fixture.ts";
import { steadyWindow, type LevelWindow } from "./steady-window.ts";
import { throughputOf } from "./throughput.ts";

const measured: Footing = { claim: "measured", why: null };
const steady = (startMs: number, endMs: number): LevelWindow => ({ kind: "steady", startMs, endMs, why: null });

function ratesOf(rows: RequestRow[], window: LevelWindow, gpus: number | null = null) {
  return throughputOf(levelOf(concurrency(1), rows), window, gpus, measured);
}

describe("rates over a window", () => {
  it("count what came inside it: of a request across an edge, its share", () => {
    // Tokens from 100 to 190 ms, the prompt from 0 to 100, the request from 0 to 191.
    const rates = ratesOf([requestRow()], steady(50, 145));
    expect(rates.output_tokens_per_s.value).toBeCloseTo((10 * 45) / 90 / 0.095, 5);
    expect(rates.input_tokens_per_s.value).toBeCloseTo((20 * 50) / 100 / 0.095, 5);
    expect(rates.requests_per_s.value).toBeCloseTo(95 / 191 / 0.095, 5);
    expect(rates.output_tokens_per_s).toMatchObject({ unit: "tokens/s", claim: "measured", why: null });
  });

  it("count a reply of one token where it came", () => {
    const one = requestRow({ output_tokens: 1, events: 1, last_token_ms: 100 });
    expect(ratesOf([one], steady(50, 150)).output_tokens_per_s.value).toBe(10);
    expect(ratesOf([one], steady(101, 151)).output_tokens_per_s.value).toBe(0);
  });

  it("are those of a loop that never ramps or drains, where the whole run's are lower", () => {
    // Eight users in step, one of which stops long before the others.
    const rows = Array.from({ length: 8 }, (_, user) =>
      Array.from({ length: user === 0 ? 10 : 30 }, (__, turn) =>
        later(requestRow({ id: 100 * user + turn }), turn * 191),
      ),
    ).flat();
    const level = levelOf(concurrency(8), rows);
    const rates = throughputOf(level, steadyWindow(level), null, measured);
    expect(rates.output_tokens_per_s.value).toBeCloseTo((8 * 10) / 0.191, 3);
    expect(rates.requests_per_s.value).toBeCloseTo(8 / 0.191, 3);
    expect(rates.whole_output_tokens_per_s.value).toBeCloseTo((220 * 10) / (30 * 0.191), 3);
  });

  it("do not depend on where the window cuts requests that are all alike", () => {
    const rows = closedLoop({ users: 1, requests: 1 }).concat(
      Array.from({ length: 50 }, (_, id) => later(requestRow({ id }), id * 191)),
    );
    const at = (start: number) => ratesOf(rows.slice(1), steady(start, start + 1910)).requests_per_s.value;
    expect(at(700)).toBeCloseTo(1 / 0.191, 5);
    expect(at(777)).toBeCloseTo(1 / 0.191, 5);
  });

  it("leave out requests that failed, also those that failed in the middle of their tokens", () => {
    const broken = failed({ id: 1, first_token_ms: 100, last_token_ms: 150, output_tokens: 6, events: 6, end_ms: 150 });
    const rates = ratesOf([requestRow(), broken], steady(0, 200));
    expect(rates.output_tokens_per_s.value).toBe(50);
    expect(rates.requests_per_s.value).toBe(5);
  });

  it("are zero, and measured, where everything failed", () => {
    expect(ratesOf([failed()], steady(0, 1000)).requests_per_s).toEqual({
      value: 0,
      unit: "requests/s",
      claim: "measured",
      why: null,
    });
  });
});

describe("a rate's claim", () => {
  it("is inferred over the whole run for want of a steady window; the whole run's own rate is measured", () => {
    const rates = ratesOf([requestRow()], { kind: "whole_run", startMs: 0, endMs: 191, why: "too short" });
    expect(rates.requests_per_s).toMatchObject({ claim: "inferred", why: "no_steady_window: too short" });
    expect(rates.whole_requests_per_s).toMatchObject({ claim: "measured", why: null });
  });

  it("is not proven where nobody counted tokens, and a lower bound where some are missing", () => {
    const uncounted = requestRow({ id: 1, output_tokens: null, token_source: "none" });
    expect(ratesOf([uncounted], steady(0, 200)).output_tokens_per_s).toEqual({
      value: null,
      unit: "tokens/s",
      claim: "not_proven",
      why: "nobody counted the tokens",
    });
    expect(ratesOf([requestRow(), uncounted], steady(0, 200)).output_tokens_per_s).toEqual({
      value: 50,
      unit: "tokens/s",
      claim: "inferred",
      why: "a lower bound: 1 of 2 replies have no token count",
    });
  });

  it("is inferred where a tokenizer counted instead of the server", () => {
    const rates = ratesOf([requestRow({ token_source: "tokenizer" })], steady(0, 200));
    expect(rates.output_tokens_per_s).toMatchObject({ claim: "inferred" });
    expect(rates.requests_per_s.claim).toBe("measured");
  });
});

describe("the rate per GPU", () => {
  it("is there when the number of GPUs was given, on the same footing as the rate", () => {
    expect(ratesOf([requestRow()], steady(0, 200)).output_tokens_per_s_per_gpu).toBeNull();
    expect(ratesOf([requestRow()], steady(0, 200), 4).output_tokens_per_s_per_gpu).toEqual({
      value: 12.5,
      unit: "tokens/s/GPU",
      claim: "measured",
      why: null,
    });
  });
});
