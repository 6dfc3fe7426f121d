import { describe, expect, it } from "vitest";
import { metricNames } from "../metrics/names.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import { factsOf, type PayloadRecord } from "./payload-facts.ts";
import { samplePlan, sampleRow, sampleRun, sampleScrape } from "./payload-run.fixture.ts";

/** The record of one request, in a run of one. */
function recordOf(changes: Partial<RequestRow>, timeline = [sampleScrape(0)]): PayloadRecord | undefined {
  const facts = factsOf({ plan: samplePlan({ requests: 1 }), requests: [sampleRow(0, changes)], timeline });
  return facts.table?.records[0];
}

describe("the table of a run", () => {
  it("has as many records as --requests says, whatever the run came to", () => {
    const { plan, requests, timeline } = sampleRun({ requests: 100 });
    for (const rows of [requests, requests.slice(0, 40), [], [...requests, sampleRow(100), sampleRow(101)]]) {
      const { table } = factsOf({ plan, requests: rows, timeline });
      expect(table?.n).toBe(100);
      expect(table?.records.length).toBe(Math.min(100, rows.length));
    }
  });

  it("leaves the warm-up out, and does not depend on the order of rows", () => {
    const { plan, requests, timeline } = sampleRun({ requests: 50 });
    const warmup = sampleRow(1000, { phase: "warmup", first_token_ms: 1e6 });
    expect(factsOf({ plan, requests: [warmup, ...requests.toReversed()], timeline })).toEqual(
      factsOf({ plan, requests, timeline }),
    );
  });

  it.each([
    ["--duration", { requests: null, duration_ms: 60_000 }],
    ["--duration beside --requests", { requests: 8000, duration_ms: 60_000 }],
    ["a sweep", { levels: [1, 2].map((concurrency) => ({ mode: "closed" as const, concurrency })) }],
  ])("is not there with %s", (_, changes) => {
    expect(factsOf(sampleRun(changes)).table).toBeNull();
  });

  it("takes no memory for requests that were not made", () => {
    const { table } = factsOf({ plan: samplePlan({ requests: 2 ** 50 }), requests: [sampleRow(0)], timeline: [] });
    expect(table).toMatchObject({ n: 2 ** 50, records: { length: 1 } });
  });
});

describe("the record of a request", () => {
  it("has the time from sending to the first token, also when it failed later", () => {
    expect(recordOf({ sent_ms: 5, first_token_ms: 47.5 })?.ttftMs).toBe(42.5);
    expect(recordOf({ sent_ms: 5, first_token_ms: 47.5, status: "error" })?.ttftMs).toBe(42.5);
  });

  it.each([{ first_token_ms: null }, { sent_ms: null, first_token_ms: null, status: "not_sent" as const }])(
    "has no TTFT with %j",
    (changes) => {
      expect(recordOf(changes)?.ttftMs).toBeNull();
    },
  );

  const scrapes = [1, 2, 3].map((second) => sampleScrape(second, { gauges: { kv_cache_usage: second / 10 } }));

  it.each([
    [999, null],
    [1000, null],
    [1000.5, 0.1],
    [2999, 0.2],
    [9000, 0.3],
  ])("sent at %d ms has the usage of the last scrape before it, %d", (sent_ms, usage) => {
    expect(recordOf({ sent_ms }, scrapes)?.kvUsage).toBe(usage);
    expect(recordOf({ sent_ms }, scrapes.toReversed())?.kvUsage).toBe(usage);
  });

  it("that was not sent has the usage of when it was wanted", () => {
    expect(recordOf({ sent_ms: null, intended_ms: 2500 }, scrapes)?.kvUsage).toBe(0.2);
  });

  it("passes over scrapes without the gauge", () => {
    const failed = sampleScrape(2, { gauges: {}, error: "timeout" });
    expect(recordOf({ sent_ms: 2500 }, [sampleScrape(1), failed])?.kvUsage).toBe(0.01);
  });

  it("reads the gauge by the name that the metrics have", () => {
    expect(metricNames.kv_cache_usage).toMatchObject({ kind: "gauge", unit: "ratio" });
  });

  it("has the cached share of its input only where the server counted both", () => {
    expect(recordOf({ cached_tokens: 50, input_tokens: 200 })?.cachedShare).toBe(0.25);
    for (const changes of [
      { cached_tokens: null },
      { input_tokens: null },
      { input_tokens: 0 },
      { token_source: "tokenizer" as const },
      { token_source: "none" as const },
    ])
      expect(recordOf(changes)?.cachedShare).toBeNull();
  });
});

describe("the cliff of a sweep", () => {
  /** Levels of 100 requests each, as [concurrency, requests per second]. */
  const cliff = (levels: [concurrency: number, rate: number][]) => {
    const requests = levels.flatMap(([, rate], level) =>
      Array.from({ length: 100 }, (_, index) =>
        sampleRow(level * 100 + index, { level, sent_ms: (index * 1000) / rate, end_ms: ((index + 1) * 1000) / rate }),
      ),
    );
    const plan = samplePlan({ levels: levels.map(([concurrency]) => ({ mode: "closed", concurrency })) });
    return factsOf({ plan, requests, timeline: [] }).cliff;
  };

  it("is where twice the concurrency stops to bring half as much again", () => {
    expect(
      cliff([
        [8, 10],
        [16, 20],
        [32, 29.9],
        [64, 30],
      ]),
    ).toEqual({ concurrency: 16 });
    expect(
      cliff([
        [8, 10],
        [16, 20],
        [32, 31],
        [64, 32],
      ]),
    ).toEqual({ concurrency: 32 });
  });

  it("is none while throughput goes on growing", () => {
    expect(
      cliff([
        [1, 1],
        [2, 2],
        [4, 4],
      ]),
    ).toEqual({ concurrency: null });
  });

  it("does not depend on the order of the levels, nor on one that is there twice", () => {
    expect(
      cliff([
        [64, 30],
        [16, 20],
        [8, 10],
        [32, 29.9],
      ]),
    ).toEqual({ concurrency: 16 });
    expect(
      cliff([
        [8, 10],
        [8, 1],
        [16, 1],
      ]),
    ).toEqual({ concurrency: 8 });
  });

  it("is none where nothing was answered, and where there is only one level", () => {
    expect(
      cliff([
        [1, Infinity],
        [2, Infinity],
      ]),
    ).toEqual({ concurrency: null });
    expect(cliff([[1, 1]])).toBeNull();
  });

  it("is not asked for in a sweep over rates", () => {
    const levels = [1, 2].map((rate) => ({ mode: "open", rate, arrival: { process: "poisson" } }) as const);
    expect(factsOf(sampleRun({ levels })).cliff).toBeNull();
  });
});
