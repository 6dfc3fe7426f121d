import { describe, expect, it } from "vitest";
import type { RequestRow } from "../runs/schemas/request.ts";
import type { BenchRun } from "../runs/schemas/run.ts";
import { goodputOf, judge } from "./goodput.ts";
import { concurrency, failed, levelOf, notSent, requestRow, runOf } from "./rows.fixture.ts";

const slo = (bounds: { ttft?: number; tpot?: number; e2e?: number }) => ({
  ttft: null,
  tpot: null,
  e2e: null,
  ...bounds,
});
const oneToken = requestRow({ output_tokens: 1, events: 1, last_token_ms: 100 });
const uncounted = requestRow({ output_tokens: null, token_source: "none" });

function of(
  rows: RequestRow[],
  bounds: { ttft?: number; tpot?: number; e2e?: number },
  status: BenchRun["status"] = "completed",
) {
  const run = runOf(concurrency(1), { slo: slo(bounds) }, { status });
  const level = levelOf(concurrency(1), rows);
  return goodputOf(level, { kind: "steady", startMs: 0, endMs: 1000, why: null }, run, {
    claim: "measured",
    why: null,
  });
}

describe("an answered request", () => {
  it("is good when it meets every SLO that is set; a bound itself is met", () => {
    expect(judge(requestRow(), slo({ ttft: 100, tpot: 10, e2e: 191 }))).toBe("good");
    expect(judge(requestRow(), slo({ ttft: 99 }))).toBe("bad");
    expect(judge(requestRow(), slo({ ttft: 100, tpot: 9.9 }))).toBe("bad");
    expect(judge(requestRow(), slo({ tpot: 10, e2e: 190 }))).toBe("bad");
  });

  it("without a TPOT is judged by the other SLOs, and is in neither count where there are none", () => {
    expect(judge(oneToken, slo({ tpot: 1 }))).toBe("apart");
    expect(judge(oneToken, slo({ tpot: 1, ttft: 100 }))).toBe("good");
    expect(judge(oneToken, slo({ tpot: 1, ttft: 50 }))).toBe("bad");
  });

  it("whose tokens nobody counted does not pass a TPOT bound unseen", () => {
    expect(judge(uncounted, slo({ tpot: 1000 }))).toBe("unknown");
    expect(judge(uncounted, slo({ tpot: 1000, ttft: 50 }))).toBe("bad");
    expect(judge(uncounted, slo({ ttft: 100 }))).toBe("good");
  });
});

describe("goodput", () => {
  it("is null without an SLO", () => {
    const rows = levelOf(concurrency(1), [requestRow()]);
    const window = { kind: "steady", startMs: 0, endMs: 1, why: null } as const;
    expect(goodputOf(rows, window, runOf(concurrency(1)), { claim: "measured", why: null })).toEqual({
      goodput_requests_per_s: null,
      good_fraction: null,
    });
  });

  it("has what failed, was cancelled or was not sent in its denominator, and none of it is good", () => {
    const cancelled = failed({ id: 2, status: "cancelled", error: { kind: "cancelled", http_status: null } });
    const { good_fraction, goodput_requests_per_s } = of(
      [requestRow(), failed({ id: 1 }), cancelled, notSent({ id: 3 })],
      { ttft: 100 },
    );
    expect(good_fraction).toEqual({ value: 0.25, unit: "ratio", claim: "measured", why: null });
    expect(goodput_requests_per_s).toEqual({ value: 1, unit: "requests/s", claim: "measured", why: null });
  });

  it("does not count against the server what an interruption cut off", () => {
    const cancelled = failed({ id: 1, status: "cancelled", error: { kind: "cancelled", http_status: null } });
    expect(of([requestRow(), cancelled, failed({ id: 2 })], { ttft: 100 }, "interrupted").good_fraction?.value).toBe(
      0.5,
    );
  });

  it("is zero where everything failed", () => {
    expect(of([failed()], { ttft: 100 })).toMatchObject({
      good_fraction: { value: 0 },
      goodput_requests_per_s: { value: 0 },
    });
  });

  it("is not proven where the SLO says nothing of any request", () => {
    expect(of([oneToken], { tpot: 10 })).toMatchObject({
      good_fraction: { value: null, claim: "not_proven", why: "no request could be judged by this SLO" },
      goodput_requests_per_s: { value: null, claim: "not_proven" },
    });
    expect(of([uncounted], { tpot: 10 }).good_fraction).toMatchObject({ value: null, claim: "not_proven" });
  });

  it("is inferred where a judgement rests on an assumption", () => {
    const assumed = requestRow({ id: 1, output_tokens: 31, tokens_first_event: null });
    expect(of([requestRow(), assumed], { tpot: 10 }).good_fraction).toMatchObject({ value: 1, claim: "inferred" });
    expect(of([requestRow(), assumed], { ttft: 100 }).good_fraction).toMatchObject({ value: 1, claim: "measured" });
    expect(of([requestRow(), { ...uncounted, id: 1 }], { tpot: 10 }).good_fraction).toMatchObject({
      value: 0.5,
      claim: "inferred",
    });
  });
});
