/**
 * Two runs that are alike in the numbers that a payload may be worked out from, and different in everything else, have
 * the same payload, byte for byte. That would be easy to say of a test that sees nothing: builders with a leak, which it
 * must catch, stand beside it.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorKinds, finishReasons, type RequestRow } from "../runs/schemas/request.ts";
import type { BenchPlan } from "../runs/schemas/bench-plan.ts";
import type { TimelineRow } from "../runs/schemas/timeline.ts";
import { factsOf, type RunNumbers } from "./payload-facts.ts";
import { sampleNoise, samplePlan, sampleRow, sampleScrape } from "./payload-run.fixture.ts";
import { contentOf, payloadText } from "./payload.ts";
import { seedStreams } from "./seed-streams.ts";

type Builder = (run: RunNumbers, seed: number) => string;

const build: Builder = (run, seed) => payloadText(contentOf(factsOf(run), sampleNoise(seed)));

/** The numbers that a payload may depend on. */
interface Numbers {
  seed: number;
  plan: Partial<BenchPlan>;
  rows: Pick<
    RequestRow,
    | "phase"
    | "level"
    | "intended_ms"
    | "sent_ms"
    | "first_token_ms"
    | "end_ms"
    | "input_tokens"
    | "cached_tokens"
    | "status"
    | "token_source"
  >[];
  scrapes: { t_ms: number; usage: number | null }[];
}

const ms = fc.double({ min: 0, max: 1e5, noNaN: true });
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 8, nil: null });
const closed = fc.integer({ min: 1, max: 300 }).map((concurrency) => ({ mode: "closed" as const, concurrency }));

const numbers: fc.Arbitrary<Numbers> = fc.record({
  seed: fc.integer({ min: 0, max: 255 }),
  plan: fc.record({
    requests: fc.option(fc.constantFrom(1, 240, 240, 240, 240, 2100, 7000), { freq: 9, nil: null }),
    duration_ms: fc.constantFrom(null, null, null, null, null, null, null, null, null, 60_000),
    levels: fc.oneof(
      { weight: 4, arbitrary: fc.array(closed, { minLength: 1, maxLength: 1 }) },
      fc.array(closed, { minLength: 2, maxLength: 4 }),
    ),
    gpus: orNull(fc.integer({ min: 1, max: 64 })),
  }),
  rows: fc.array(
    fc.record({
      phase: fc.constantFrom("warmup", "measured", "measured", "measured"),
      level: fc.integer({ min: 0, max: 3 }),
      intended_ms: ms,
      sent_ms: orNull(ms),
      first_token_ms: orNull(ms),
      end_ms: orNull(ms),
      input_tokens: orNull(fc.nat(4000)),
      cached_tokens: orNull(fc.nat(4000)),
      status: fc.constantFrom("ok", "error", "cancelled", "not_sent"),
      token_source: fc.constantFrom("server", "tokenizer", "none"),
    }),
    { maxLength: 20 },
  ),
  scrapes: fc.array(fc.record({ t_ms: ms, usage: orNull(fc.double({ min: 0, max: 1, noNaN: true })) }), {
    maxLength: 8,
  }),
});

/** Everything else that a run holds, drawn anew for each of two runs. */
const rest = fc.record({
  text: fc.array(fc.string({ unit: "binary", minLength: 1, maxLength: 24 }), { minLength: 8, maxLength: 8 }),
  names: fc.array(fc.string({ maxLength: 12 }), { maxLength: 5 }),
  number: fc.double({ min: 0, max: 1e6, noNaN: true }),
  whole: fc.nat(1000),
  isSo: fc.boolean(),
  kind: fc.constantFrom(...errorKinds),
  finish: fc.constantFrom(...finishReasons),
});
type Rest = typeof rest extends fc.Arbitrary<infer T> ? T : never;

function runOf({ plan, rows, scrapes }: Numbers, { text, names, number, whole, isSo, kind, finish }: Rest): RunNumbers {
  const word = (index: number) => text[index % text.length] ?? "";
  const sample = samplePlan(plan);
  return {
    plan: {
      ...sample,
      target: {
        ...sample.target,
        origin: word(0),
        path: word(1),
        model: word(2),
        api: isSo ? "chat" : "completions",
        connections: isSo ? "reuse" : "new",
        insecure: isSo,
        header_names: names,
        body_fields: names.toReversed(),
      },
      workload: { kind: "file", format: "jsonl", rows: whole, sha256: word(3), output_tokens: null },
      seed: word(4),
      drain_ms: number,
      connect_timeout_ms: number + 1,
      slo: isSo ? null : { ttft: number, tpot: null, e2e: null },
      metrics: names.map((role) => ({ role, origin: word(5), path: word(6), flag: "--metrics-url" })),
    },
    requests: tiled(rows).map((row, id) =>
      sampleRow(id, {
        ...row,
        session: whole,
        turn: whole,
        worker: whole,
        first_byte_ms: number,
        first_content_ms: number,
        last_token_ms: number,
        output_tokens: whole,
        reasoning_tokens: whole,
        wanted_output_tokens: whole,
        events: whole,
        gap: { p50: number, p95: number, max: number, count: whole },
        finish_reason: finish,
        error: isSo ? { kind, http_status: whole } : null,
      }),
    ),
    timeline: scrapes.map(({ t_ms, usage }): TimelineRow =>
      sampleScrape(0, {
        start_ms: number,
        t_ms,
        source: whole,
        engine: isSo ? word(7) : null,
        gauges: { [`${word(0)}x`]: number, ...(usage === null ? {} : { kv_cache_usage: usage }) },
        counters: { [word(1)]: number },
        error: isSo ? word(2) : null,
      }),
    ),
  };
}

/** Enough of them for a quantile, out of a few. */
function tiled<Row>(rows: readonly Row[]): Row[] {
  return rows.length === 0 ? [] : Array.from({ length: 240 }, (_, index) => rows[index % rows.length] as Row);
}

const pairs = fc.tuple(numbers, rest, rest);

/** In how many of `count` cases the two payloads differ. */
function interferences(builder: Builder, count: number): number {
  return fc
    .sample(pairs, { numRuns: count, seed: 20_260_102 })
    .filter(
      ([shared, one, other]) => builder(runOf(shared, one), shared.seed) !== builder(runOf(shared, other), shared.seed),
    ).length;
}

describe("a payload", () => {
  it(
    "is the same for two runs that differ in nothing but what it may not depend on: 2,000 cases",
    { timeout: 120_000 },
    () => {
      expect(interferences(build, 2000)).toBe(0);
    },
  );

  it("is not the same whatever the run: these cases have more than a hundred different ones", () => {
    const texts = fc
      .sample(pairs, { numRuns: 500, seed: 1 })
      .map(([shared, one]) => build(runOf(shared, one), shared.seed));
    expect(new Set(texts).size).toBeGreaterThan(100);
  });
});

/** Each lets something through, as a careless change might. */
const leaks: [string, Builder][] = [
  [
    "has the beginning of the model's name",
    (run, seed) =>
      build(run, seed).replace('"kind"', `"model": ${JSON.stringify(run.plan.target.model.slice(0, 3))},\n  "kind"`),
  ],
  [
    "orders its members by the host",
    (run, seed) => (run.plan.target.origin.length % 2 === 0 ? reversed(build(run, seed)) : build(run, seed)),
  ],
  [
    "ends in a blank for each header",
    (run, seed) => build(run, seed) + " ".repeat(run.plan.target.header_names.length),
  ],
  [
    "has one bit of the prompts' hash in the digits of a number",
    (run, seed) =>
      build(run, seed).replace(
        '"delta": 0',
        `"delta": ${(run.plan.workload.kind === "file" ? run.plan.workload.sha256.charCodeAt(0) : 0) % 2 === 0 ? "0" : "0.0"}`,
      ),
  ],
  ["draws its noise with the path", (run, seed) => noisyWith(run, seed, run.plan.target.path)],
  ["draws its noise with the engine's name", (run, seed) => noisyWith(run, seed, run.timeline[0]?.engine ?? "")],
  [
    "takes a time that it should not",
    (run, seed) =>
      payloadText(
        contentOf(
          factsOf({ ...run, requests: run.requests.map((row) => ({ ...row, first_token_ms: row.last_token_ms })) }),
          sampleNoise(seed),
        ),
      ),
  ],
  [
    "withholds by the words of an error",
    (run, seed) =>
      payloadText(
        contentOf(
          { ...factsOf(run), hasKvUsage: run.timeline.every(({ error }) => error === null) },
          sampleNoise(seed),
        ),
      ),
  ],
  [
    "says that the API was another one",
    (run, seed) =>
      build(run, seed).replace(
        '"claim": "measured"',
        `"claim": "${run.plan.target.api === "chat" ? "measured" : "synthetic"}"`,
      ),
  ],
];

function reversed(text: string): string {
  return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).toReversed()));
}

function noisyWith(run: RunNumbers, seed: number, word: string): string {
  const streamOf = seedStreams(new Uint8Array(32).fill(seed));
  return payloadText(contentOf(factsOf(run), streamOf === null ? null : (field) => streamOf(`${word}/${field}`)));
}

describe("a builder is caught that", () => {
  it.each(leaks)("%s", { timeout: 60_000 }, (_, leak) => {
    expect(interferences(leak, 300)).toBeGreaterThan(20);
  });
});

describe("numbers that are none", () => {
  it("make no payload fail, and none that is not of the schema", () => {
    const odd = fc.constantFrom(NaN, Infinity, -Infinity, -1, 0, 1e308, -0, 2 ** 53, 0.1 + 0.2);
    const row = fc.record({
      id: odd,
      intended_ms: odd,
      sent_ms: odd,
      first_token_ms: odd,
      end_ms: odd,
      input_tokens: odd,
      cached_tokens: odd,
      level: odd,
    });
    fc.assert(
      fc.property(
        numbers,
        fc.array(row, { maxLength: 30 }),
        fc.array(fc.record({ t_ms: odd, usage: odd }), { maxLength: 5 }),
        (shared, rows, scrapes) => {
          const run = {
            plan: samplePlan(shared.plan),
            requests: rows.map((changes, index) => sampleRow(index, changes)),
            timeline: scrapes.map(({ t_ms, usage }) => sampleScrape(0, { t_ms, gauges: { kv_cache_usage: usage } })),
          };
          const text = build(run, shared.seed);
          expect(text).toContain('"schema": "inferguard-telemetry/v1"');
          expect(text).not.toMatch(/NaN|Infinity|null/);
        },
      ),
      { numRuns: 500 },
    );
  });
});
