import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { modelCall, sampleTraceStart, toolCall } from "../runs/sample-trace.fixture.ts";
import type { ModelCall, TraceNode } from "../runs/schemas/agent-trace.ts";
import { sampleNoise } from "./payload-run.fixture.ts";
import { traceFactsOf, type TraceNumbers } from "./payload-trace-facts.ts";
import { contentOf, payloadText } from "./payload.ts";

const numbersOf = (nodes: readonly TraceNode[], model_calls: number | null = 2): TraceNumbers => ({
  plan: { ...sampleTraceStart.plan, model_calls },
  claim: "measured",
  nodes,
});
const recordsOf = (nodes: readonly TraceNode[], n = 9) => traceFactsOf(numbersOf(nodes, n)).table?.records ?? [];

describe("the table of a trace", () => {
  it("has the model calls that a flag says there will be, whatever the agent did", () => {
    const nodes = [modelCall(0, 0, 10), toolCall(1, 10, 20, { parent: 0 }), modelCall(2, 20, 30), modelCall(3, 30, 40)];
    expect(traceFactsOf(numbersOf(nodes)).table).toMatchObject({ n: 2, records: { length: 2 } });
    expect(traceFactsOf(numbersOf([], 500)).table).toEqual({ n: 500, records: [] });
    expect(traceFactsOf(numbersOf(nodes, null)).table).toBeNull();
  });

  it("does not depend on the order of the rows", () => {
    const nodes = [modelCall(0, 0, 10), modelCall(1, 5, 30, { ttft_ms: 7 }), modelCall(2, 6, 8, { ttft_ms: null })];
    expect(recordsOf(nodes.toReversed())).toEqual(recordsOf(nodes));
    expect(recordsOf(nodes).map(({ ttftMs }) => ttftMs)).toEqual([39.75, 7, null]);
  });
});

describe("the record of a model call", () => {
  it("has a cached share only where the server counted both", () => {
    const of = (more: Partial<ModelCall>) => recordsOf([modelCall(0, 0, 10, more)])[0]?.cachedShare;
    expect(of({ input_tokens: 200, cached_tokens: 50 })).toBe(0.25);
    for (const more of [{ cached_tokens: null }, { input_tokens: 0 }, { token_source: "none" as const }])
      expect(of({ input_tokens: 200, cached_tokens: 50, ...more })).toBeNull();
  });

  const stall = (carries: number[], tools: TraceNode[], end = 100) =>
    recordsOf([modelCall(0, 0, 20), ...tools, modelCall(9, 80, end, { carries })])[1]?.toolStallShare;

  it("has the share of the time since the call that asked in which the endpoint waited for its tools", () => {
    const tools = [
      toolCall(1, 20, 80, { parent: 0, stall_ms: 40 }),
      toolCall(2, 20, 80, { parent: 0, stall_ms: 60 }),
      toolCall(3, 20, null, { parent: 0, stall_ms: null }),
    ];
    expect(stall([1], tools)).toBe(0.5);
    expect(stall([1, 2, 3], tools)).toBe(0.75);
    expect(stall([], tools)).toBe(0);
  });

  it("has a share from 0 to 1, whatever a file says", () => {
    const odd = fc.constantFrom(NaN, Infinity, -Infinity, -5, 0, 1e308, 20, 80);
    fc.assert(
      fc.property(odd, odd, odd, (stall_ms, end, toolEnd) => {
        const share = stall([1], [toolCall(1, 20, toolEnd, { parent: 0, stall_ms })], end);
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
      }),
    );
  });
});

/** What a payload may depend on, and everything else, drawn anew for each of two runs. */
const calls = fc.array(
  fc.record({
    ttft_ms: fc.option(fc.double({ min: 0, max: 1e5, noNaN: true }), { nil: null }),
    input_tokens: fc.option(fc.nat(4000), { nil: null }),
    cached_tokens: fc.option(fc.nat(4000), { nil: null }),
    stall_ms: fc.nat(100),
  }),
  { minLength: 1, maxLength: 12 },
);
const rest = fc.record({
  text: fc.array(fc.string({ unit: "binary", minLength: 1, maxLength: 24 }), { minLength: 4, maxLength: 4 }),
  whole: fc.nat(1000),
  isSo: fc.boolean(),
});
type CallNumbers = typeof calls extends fc.Arbitrary<(infer T)[]> ? T : never;
type Rest = typeof rest extends fc.Arbitrary<infer T> ? T : never;

function runOf(shared: readonly CallNumbers[], { text, whole, isSo }: Rest): TraceNumbers {
  const [origin = "", path = "", model = "", tool = ""] = text;
  const nodes = Array.from({ length: 600 }, (_, index): TraceNode[] => {
    const { stall_ms, ...numbers } = shared[index % shared.length] as CallNumbers;
    const id = 2 * index;
    const from = 200 * index;
    return [
      modelCall(id, from, from + 100, {
        ...numbers,
        ...{ model, conversation: whole, turn: whole, messages: whole, request_bytes: whole, response_bytes: whole },
        api: isSo ? "chat" : "messages",
        status: isSo ? "ok" : "error",
        error: isSo ? null : { kind: "reset", http_status: whole },
        input_pieces: [[whole, whole]],
        carries: index === 0 ? [] : [id - 1],
      }),
      toolCall(id + 1, from + 100, from + 200, {
        ...{ parent: id, name: tool, stall_ms, argument_bytes: whole, result_bytes: whole, conversation: whole },
        result_kind: isSo ? "json" : "error",
      }),
    ];
  }).flat();
  return { ...numbersOf(nodes, 600), plan: { ...numbersOf([], 600).plan, target: { origin, path, insecure: isSo } } };
}

type Builder = (run: TraceNumbers) => string;
const build: Builder = (run) => payloadText(contentOf(traceFactsOf(run), sampleNoise()));

function interferences(builder: Builder, count: number): number {
  return fc
    .sample(fc.tuple(calls, rest, rest), { numRuns: count, seed: 20_260_103 })
    .filter(([shared, one, other]) => builder(runOf(shared, one)) !== builder(runOf(shared, other))).length;
}

describe("the payload of a trace", () => {
  it("is the same for two runs that differ in nothing but what it may not depend on", { timeout: 60_000 }, () => {
    expect(interferences(build, 200)).toBe(0);
  });

  it("is not the same whatever the run", () => {
    const texts = fc
      .sample(fc.tuple(calls, rest), { numRuns: 60, seed: 1 })
      .map(([shared, one]) => build(runOf(shared, one)));
    expect(new Set(texts).size).toBeGreaterThan(30);
  });

  it.each<[string, Builder]>([
    ["has the name of a tool", (run) => build(run) + (run.nodes.find((node) => node.kind === "tool_call")?.name ?? "")],
    [
      "takes another time",
      (run) =>
        build({
          ...run,
          nodes: run.nodes.map((node) => (node.kind === "model_call" ? { ...node, ttft_ms: node.messages } : node)),
        }),
    ],
    [
      "leaves out the calls that failed",
      (run) => build({ ...run, nodes: run.nodes.filter((node) => node.kind !== "model_call" || node.status === "ok") }),
    ],
  ])("is found out when it %s", { timeout: 60_000 }, (_, leak) => {
    expect(interferences(leak, 40)).toBeGreaterThan(5);
  });
});
