import { describe, expect, it } from "vitest";
import { prettyJson } from "../json.ts";
import { seededRandom } from "../random.ts";
import type { BenchPlan } from "../runs/schemas/bench-plan.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import type { BenchRun } from "../runs/schemas/run.ts";
import { type Figure, summarySchema } from "../runs/schemas/summary.ts";
import {
  closedLoop,
  concurrency,
  constantRate,
  dataOf,
  failed,
  gapsOf,
  idleClient,
  notSent,
  openLoop,
  requestRow,
  runOf,
} from "./rows.fixture.ts";
import { type RunData, summarize } from "./summarize.ts";

const rows = closedLoop({ users: 4, requests: 120 });
const codes = (data: RunData) => summarize(data).notes.map((note) => note.code);

function codesOf(requests: RequestRow[], plan: Partial<BenchPlan> = {}, run: Partial<BenchRun> = {}) {
  return codes(dataOf(runOf(concurrency(4), plan, run), requests));
}

/** A sweep of two levels, with failures, a scrape and an egress record. */
function sweep(): RunData {
  const second = closedLoop({ users: 8, requests: 160, level: 1, startMs: 6000, seed: "second" }).map((row) => ({
    ...row,
    id: row.id + 120,
  }));
  const requests = [
    ...rows.map((row) => (row.id < 4 ? { ...row, phase: "warmup" as const } : row)),
    ...second.map((row) => (row.id % 40 === 0 ? failed({ ...pick(row), end_ms: row.end_ms }) : row)),
  ];
  const run = runOf([concurrency(4), concurrency(8)], { slo: { ttft: 110, tpot: 20, e2e: null }, gpus: 2 });
  return dataOf(run, requests, {
    gaps: [...gapsOf(requests.filter((row) => row.level === 0)), ...gapsOf(requests.filter((row) => row.level === 1))],
    client: [
      ...idleClient(requests.filter((row) => row.level === 0)),
      ...idleClient(requests.filter((row) => row.level === 1)),
    ],
    timeline: [1000, 3000, 5000, 7000, 9000].map((t_ms) => ({
      start_ms: t_ms - 5,
      t_ms,
      source: 0,
      engine: "vllm",
      gauges: { requests_running: t_ms < 6000 ? 4 : 8 },
      counters: { generation_tokens: t_ms },
      histograms: {},
      error: null,
    })),
    egress: {
      schema: "inferguard-egress/v1",
      authorities: [
        {
          category: "inference-endpoint",
          flag: "--endpoint",
          host: "127.0.0.1",
          port: 8000,
          addresses: 1,
          lookups: 0,
          connections: 12,
          bytes_out: 100,
          bytes_in: 200,
        },
      ],
      denied: 0,
      denials: [],
    },
  });
}

const pick = ({ id, level, intended_ms, sent_ms }: RequestRow) => ({ id, level, intended_ms, sent_ms });

describe("a summary", () => {
  it("of a small sweep is this one", async () => {
    await expect(prettyJson(summarize(sweep()))).toMatchFileSnapshot("./__snapshots__/summary-of-a-sweep.json");
  });

  it("is what its schema says", () => {
    expect(summarySchema.parse(summarize(sweep()))).toEqual(summarize(sweep()));
  });

  it("has the same bytes whatever the order of the rows", () => {
    const data = sweep();
    const random = seededRandom("order");
    const shuffled = <Row>(list: Row[]) => list.toSorted(() => random.uniform() - 0.5);
    const mixed = {
      ...data,
      requests: shuffled(data.requests),
      gaps: shuffled(data.gaps),
      client: shuffled(data.client),
      timeline: shuffled(data.timeline),
    };
    expect(mixed.requests).not.toEqual(data.requests);
    expect(prettyJson(summarize(mixed))).toBe(prettyJson(summarize(data)));
  });

  it("finds what the requests were made of", () => {
    const [level] = summarize(dataOf(runOf(concurrency(4)), rows)).levels;
    expect(level?.window.kind).toBe("steady");
    expect(level?.in_flight.max).toMatchObject({ value: 4 });
    expect(level?.in_flight.mean.value).toBeGreaterThan(3.9);
    // Tokens come over 80 to 120 ms and about 12 gaps of 10 ms, four at a time.
    const { mean } = level?.latency.e2e ?? {};
    expect(level?.throughput.requests_per_s.value).toBeCloseTo((1000 * 4) / (mean as number), 0);
    expect(level?.latency.ttft.p50.value).toBeGreaterThan(90);
    expect(level?.latency.ttft.p50.value).toBeLessThan(110);
    expect(level?.latency.ttft.p99).toEqual({ value: null, needs: 662, interval: null });
    expect(level?.latency.event_gap.mean).toBeCloseTo(10, 0);
  });

  it("of no rows at all has no level, and says which ones are missing", () => {
    const summary = summarize(
      dataOf(runOf([concurrency(1), concurrency(2)], {}, { status: "interrupted" }), [], { client: [] }),
    );
    expect(summary).toMatchObject({
      status: "interrupted",
      levels: [],
      client: { verdict: "unknown" },
      headline: true,
    });
    expect(summary.missing.map(({ what }) => what)).toEqual(["level 0 (concurrency 1)", "level 1 (concurrency 2)"]);
  });

  it("of an interrupted run is that of the rows so far", () => {
    const run = runOf([concurrency(4), concurrency(8)], {}, { status: "interrupted", status_reason: "SIGINT" });
    const summary = summarize(
      dataOf(run, rows.slice(0, 60), {
        missing: [{ what: "egress.json", why: "the run ended before it was written" }],
      }),
    );
    expect(summary.levels).toHaveLength(1);
    expect(summary.levels[0]?.requests).toMatchObject({ total: 60, ok: 60 });
    expect(summary.missing).toEqual([
      { what: "egress.json", why: "the run ended before it was written" },
      { what: "level 1 (concurrency 8)", why: "it has no request: the run ended before it began" },
    ]);
    expect(summary.notes[0]).toEqual({
      code: "NOT_COMPLETED",
      text: "the run is interrupted: SIGINT; the numbers are of the requests that had ended",
    });
  });

  it("counts what became of each request", () => {
    const cancelled = failed({ id: 4, status: "cancelled", error: { kind: "cancelled", http_status: null } });
    const reset = failed({ id: 5, error: { kind: "reset", http_status: null } });
    const warm = requestRow({ id: 6, phase: "warmup" });
    const [level] = summarize(
      dataOf(runOf(concurrency(1)), [
        requestRow(),
        failed({ id: 1 }),
        failed({ id: 2 }),
        notSent({ id: 3 }),
        cancelled,
        reset,
        warm,
      ]),
    ).levels;
    expect(level?.requests).toEqual({
      total: 6,
      ok: 1,
      error: 3,
      cancelled: 1,
      not_sent: 1,
      errors: [
        { kind: "http_5xx", http_status: 503, count: 2 },
        { kind: "reset", http_status: null, count: 1 },
      ],
      warmup: 1,
    });
  });

  it("says how many token events shared a read", () => {
    const [level] = summarize(
      dataOf(runOf(concurrency(1)), [requestRow({ burst_events: 4 }), requestRow({ id: 1 })]),
    ).levels;
    expect(level?.burst_fraction).toMatchObject({ value: 0.2, unit: "ratio" });
  });

  it("withholds the headline when the client was limited, and keeps the figures", () => {
    const summary = summarize(dataOf(runOf(concurrency(4)), rows, { client: idleClient(rows, 50_000) }));
    expect(summary).toMatchObject({ headline: false, client: { verdict: "limited" } });
    expect(summary.levels[0]?.throughput.requests_per_s.value).toBeGreaterThan(0);
    expect(summary.notes.map((note) => note.code)).toContain("CLIENT_LIMITED");
  });
});

describe("a synthetic run", () => {
  const run = runOf(concurrency(4), {}, { claim: "synthetic", claim_why: "the built-in mimic answered" });

  it("is synthetic to the last figure, and not proven where there is none", () => {
    const assumed = rows.map((row) => ({ ...row, tokens_first_event: null, output_tokens: row.events * 3 }));
    const summary = summarize(dataOf(run, assumed));
    const claims = figuresOf(summary).map(({ value, claim, why }) => ({ value, claim, why }));
    expect(claims.length).toBeGreaterThan(20);
    for (const { value, claim } of claims) expect(claim).toBe(value === null ? "not_proven" : "synthetic");
    expect(summary.levels[0]?.latency.tpot.why).toMatch(/^the built-in mimic answered; in 120 of 120 replies/);
    expect(summary.notes[0]).toEqual({ code: "SYNTHETIC", text: "the built-in mimic answered" });
  });
});

/** Everything that carries a claim, distributions by their mean. */
function figuresOf(value: unknown): Figure[] {
  if (typeof value !== "object" || value === null) return [];
  const own =
    "claim" in value && "unit" in value
      ? [{ ...value, value: "mean" in value ? value.mean : (value as Figure).value } as Figure]
      : [];
  return [...own, ...Object.values(value).flatMap(figuresOf)];
}

describe("a note", () => {
  it("is there for what a reader must know, and only then", () => {
    expect(codesOf(rows)).toEqual(["FEW_SAMPLES"]);
    expect(codesOf(closedLoop({ users: 4, requests: 700 }))).toEqual([]);
  });

  it.each<[string, RequestRow[], Partial<BenchPlan>, Partial<BenchRun>]>([
    ["INSECURE_TLS", rows, { target: { ...runOf(concurrency(1)).plan.target, insecure: true } }, {}],
    ["THROUGH_PROXY", rows, { target: { ...runOf(concurrency(1)).plan.target, proxy: "http://p:3128" } }, {}],
    ["TEXT_SAVED", rows, {}, { saved_text: true }],
    ["NOT_COMPLETED", rows, {}, { status: "running" }],
    ["ALL_FAILED", [failed()], {}, {}],
    ["NO_STEADY_WINDOW", rows.slice(0, 6), {}, {}],
    ["FEW_SAMPLES", rows, {}, {}],
    ["OFFERED_NOT_SENT", [...rows, notSent({ id: 999 })], {}, {}],
    ["CUT_OFF_AFTER_FIRST_TOKEN", [...rows, failed({ id: 999, first_token_ms: 3, events: 2 })], {}, {}],
    ["USAGE_MISSING", rows.map((row) => ({ ...row, output_tokens: null, token_source: "none" as const })), {}, {}],
    ["OUTPUT_SHORTER_THAN_WANTED", rows.map((row) => ({ ...row, wanted_output_tokens: 64 })), {}, {}],
    ["INPUT_DIFFERS_FROM_WANTED", rows.map((row) => ({ ...row, input_tokens: 33 })), {}, {}],
    [
      "TPOT_ASSUMES_ONE_TOKEN",
      rows.map((row) => ({ ...row, tokens_first_event: null, output_tokens: row.events + 3 })),
      {},
      {},
    ],
    ["BURSTS", rows.map((row) => ({ ...row, burst_events: 2 })), {}, {}],
  ])("%s is given", (code, requests, plan, run) => {
    expect(codesOf(requests, plan, run)).toContain(code);
  });

  it("tells of a backlog, and of a client that did not watch itself", () => {
    const open = openLoop({ rate: 20, requests: 400, slots: 5, serviceMs: 500 });
    expect(codes(dataOf(runOf(constantRate(20)), open))).toEqual(
      expect.arrayContaining(["BACKLOG_GROWS", "NO_STEADY_WINDOW"]),
    );
    expect(codes(dataOf(runOf(concurrency(4)), rows, { client: [] }))).toContain("CLIENT_UNKNOWN");
    expect(codes(dataOf(runOf(concurrency(4)), rows, { client: idleClient(rows, 700) }))).toContain("CLIENT_DEGRADED");
  });

  it("names the levels of a sweep that it is true of", () => {
    const note = summarize(sweep()).notes.find(({ code }) => code === "FEW_SAMPLES");
    expect(note?.text).toBe(
      "too few requests for a p99 (concurrency 4: 116 answered, 662 needed; concurrency 8: 156 answered, 662 needed)",
    );
  });
});
