import { describe, expect, it } from "vitest";
import { factsOf, type PayloadFacts, type PayloadRecord } from "./payload-facts.ts";
import { type FieldName, fieldNames, payloadFields, payloadKinds } from "./payload-fields.ts";
import { outcomesOf } from "./payload-outcomes.ts";
import { sampleNoise, sampleRun } from "./payload-run.fixture.ts";

const record: PayloadRecord = { ttftMs: 150, kvUsage: 0.5, cachedShare: 0.5, toolStallShare: 0.3 };

/** Everything that any field could want. */
function factsWith(changes: Partial<PayloadFacts> = {}, n = 8000, change: Partial<PayloadRecord> = {}): PayloadFacts {
  return {
    kind: "bench-summary",
    claim: "measured",
    table: { n, records: Array.from({ length: Math.min(n, 8000) }, () => ({ ...record, ...change })) },
    cliff: { concurrency: 16 },
    isSweep: false,
    hasKvUsage: true,
    asksForUsage: true,
    gpus: 8,
    ...changes,
  };
}

function said(
  facts: PayloadFacts,
  noise: ReturnType<typeof sampleNoise> | null = sampleNoise(),
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(outcomesOf(facts, noise)).map(([field, outcome]) => [
      field,
      "withheld" in outcome ? outcome.withheld : "released",
    ]),
  );
}

const r = "released";
const not = "not_in_kind";

describe("which kind has which field", () => {
  /** The table of the specification. */
  const table: Record<FieldName, [bench: string, trace: string, rollup: string]> = {
    ttft_p50: [r, r, not],
    ttft_p99: [r, r, not],
    kv_cache_usage_p95: [r, not, not],
    prefix_cache_hit_rate: [r, r, not],
    tool_stall_share: [not, r, not],
    gpu_count: [r, not, r],
    concurrency_cliff: [r, not, not],
  };

  it.each(payloadKinds.map((kind, column) => [kind, column] as const))("%s", (kind, column) => {
    expect(said(factsWith({ kind }))).toEqual(
      Object.fromEntries(fieldNames.map((field) => [field, table[field][column]])),
    );
  });

  it("and how many values each has", () => {
    expect(fieldNames.map((field) => payloadFields[field].buckets.length)).toEqual([58, 58, 21, 11, 11, 6, 8]);
    for (const field of fieldNames) {
      const { buckets } = payloadFields[field];
      expect(new Set([...buckets, "withheld"]).size).toBe(buckets.length + 1);
    }
  });
});

const ofRows: FieldName[] = ["ttft_p50", "ttft_p99", "kv_cache_usage_p95", "prefix_cache_hit_rate"];

describe("a field is withheld", () => {
  const expectWithheld = (facts: PayloadFacts, fields: FieldName[], reason: string) => {
    const words = said(facts);
    expect(fields.map((field) => words[field])).toEqual(fields.map(() => reason));
    // And nothing else is, for that reason.
    expect(Object.values(words).filter((word) => word === reason)).toHaveLength(fields.length);
  };

  it("when no flag fixes the number of requests, if it is about requests", () => {
    expectWithheld(factsWith({ table: null }), ofRows, "n_not_public");
    const trace = factsWith({ kind: "agent-trace-summary", table: null });
    expectWithheld(trace, ["ttft_p50", "ttft_p99", "prefix_cache_hit_rate", "tool_stall_share"], "n_not_public");
  });

  it("in a sweep, except for its cliff and for what a flag says", () => {
    const sweep = factsWith({ table: null, isSweep: true });
    expectWithheld(sweep, ofRows, "sweep");
    expect(said(sweep)).toMatchObject({ concurrency_cliff: r, gpu_count: r });
  });

  it("without the flag or the metrics that it needs", () => {
    expectWithheld(factsWith({ cliff: null }), ["concurrency_cliff"], "not_a_sweep");
    expectWithheld(factsWith({ gpus: null }), ["gpu_count"], "not_declared");
    expectWithheld(factsWith({ hasKvUsage: false }), ["kv_cache_usage_p95"], "no_metrics");
    expectWithheld(factsWith({ asksForUsage: false }), ["prefix_cache_hit_rate"], "not_counted");
  });

  it.each([
    ["ttft_p50", 231],
    ["ttft_p99", 6932],
    ["kv_cache_usage_p95", 2040],
    ["prefix_cache_hit_rate", 500],
  ])("%s below %d requests, by the flag and not by the rows", (field, smallestN) => {
    expect(said(factsWith({}, smallestN))[field]).toBe(r);
    expect(said(factsWith({}, smallestN - 1))[field]).toBe("n_too_small");
    expect(said(factsWith({ table: { n: smallestN, records: [] } }))[field]).not.toBe("n_too_small");
  });

  it("below numbers that follow from ε, the buckets and one chance in a hundred of an empty bucket", () => {
    for (const [field, q] of [
      ["ttft_p50", 0.5],
      ["ttft_p99", 0.99],
      ["kv_cache_usage_p95", 0.95],
    ] as const) {
      const { buckets, epsilonMilli, smallestN } = payloadFields[field];
      const formula = (2 * Math.log(buckets.length / 0.01)) / ((epsilonMilli / 1000) * Math.min(q, 1 - q));
      expect(Math.round(formula)).toBe(smallestN);
    }
  });

  it.each(payloadKinds)("always, in a %s without a seed", (kind) => {
    const words = said(factsWith({ kind }), null);
    expect(new Set(Object.values(words))).toEqual(new Set(["no_seed", not]));
  });

  it("when the server gave too few cached tokens, which costs its ε all the same", () => {
    const outcomes = outcomesOf(factsWith({}, 8000, { cachedShare: null }), sampleNoise());
    expect(outcomes.prefix_cache_hit_rate).toEqual({ withheld: "too_few_counted", spent: true });
    expect(said(factsWith({ cliff: null })).prefix_cache_hit_rate).toBe(r);
  });
});

describe("a released value", () => {
  const labels = (facts: PayloadFacts, byte: number) =>
    Object.entries(outcomesOf(facts, sampleNoise(byte))).map(([field, outcome]) =>
      "bucket" in outcome ? payloadFields[field as FieldName].buckets[outcome.bucket] : "withheld",
    );

  it("is near the truth with many requests, for most seeds", () => {
    const facts = factsOf(sampleRun({ requests: 20_000 }));
    const truth = ["147 ms to 178 ms", "178 ms to 215 ms", "80 % to 85 %", "45 % to 55 %"];
    const hits = truth.map(() => 0);
    for (let seed = 0; seed < 40; seed++)
      for (const [index, label] of labels(facts, seed).slice(0, 4).entries())
        if (label === truth[index]) hits[index] = (hits[index] ?? 0) + 1;
    for (const count of hits) expect(count).toBeGreaterThan(20);
  });

  it("counts requests that were never made, and those without a first token, in the last bucket of the TTFT", () => {
    for (const facts of [factsWith({ table: { n: 8000, records: [] } }), factsWith({}, 8000, { ttftMs: null })])
      expect(outcomesOf(facts, sampleNoise()).ttft_p50).toEqual({ bucket: 57 });
  });

  it("is a mean over the requests that have cached tokens, not over all", () => {
    const records = Array.from({ length: 8000 }, (_, index) => ({
      ...record,
      cachedShare: index % 4 === 0 ? null : 0.9,
    }));
    const { prefix_cache_hit_rate: outcome } = outcomesOf(factsWith({ table: { n: 8000, records } }), sampleNoise());
    expect(outcome).toEqual({ bucket: 9 });
  });

  it("holds a share that is too large, or is no number, to what the noise is made for", () => {
    const table = (cachedShare: number) => factsWith({ table: { n: 8000, records: [{ ...record, cachedShare }] } });
    for (const share of [1e300, Infinity, NaN, -5]) expect(() => outcomesOf(table(share), sampleNoise())).not.toThrow();
    const one = (share: number) => outcomesOf(table(share), sampleNoise()).prefix_cache_hit_rate;
    expect(one(1e300)).toEqual(one(1));
    expect(one(-5)).toEqual(one(0));
  });

  it("is the same for the same seed, and not for all seeds", () => {
    const facts = factsWith();
    expect(labels(facts, 3)).toEqual(labels(facts, 3));
    expect(new Set(Array.from({ length: 20 }, (_, seed) => labels(facts, seed).join())).size).toBeGreaterThan(10);
  });

  it("does not depend on which other fields are released", () => {
    const all = outcomesOf(factsWith(), sampleNoise());
    const fewer = outcomesOf(factsWith({ gpus: null, hasKvUsage: false }), sampleNoise());
    expect(fewer.ttft_p99).toEqual(all.ttft_p99);
  });
});

it("is withheld for no reason that the schema of its kind does not have", () => {
  const changes: Partial<PayloadFacts>[] = [{}, { table: null }, { cliff: null }, { gpus: null }];
  changes.push({ hasKvUsage: false }, { asksForUsage: false }, { table: { n: 1, records: [] } });
  const sweep = { isSweep: true, table: null };
  for (const kind of payloadKinds)
    for (const change of kind === "bench-summary" ? [...changes, sweep] : changes)
      for (const noise of [sampleNoise(), null])
        for (const [field, word] of Object.entries(said(factsWith({ kind, ...change }), noise)))
          expect([r, ...(payloadFields[field as FieldName].kinds[kind] ?? [not])]).toContain(word);
});
