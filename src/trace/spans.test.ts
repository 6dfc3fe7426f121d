import { describe, expect, it } from "vitest";
import { sampleTrace, sampleTraceStart } from "../runs/sample-trace.fixture.ts";
import type { TraceRun } from "../runs/schemas/run.ts";
import { otlpJson, spansOf } from "./spans.ts";

const run = {
  ...sampleTraceStart,
  schema: "inferguard-run/v1",
  run_id: "20260102-030405-trace-abc234",
} as TraceRun;

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code: number };
  links: { spanId: string }[];
}

function sent(): OtlpSpan[] {
  const text = new TextDecoder().decode(otlpJson(spansOf(run, sampleTrace(), 3000)));
  const document = JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] };
  return document.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

const named = (name: string) => sent().filter((span) => span.name === name);
const valueOf = (span: OtlpSpan | undefined, key: string) =>
  Object.values(span?.attributes.find((attribute) => attribute.key === key)?.value ?? {})[0];

describe("a trace as OpenTelemetry spans", () => {
  it("is one trace: the run, the sub-agent, each call, each tool", () => {
    const spans = sent();
    expect(spans.map(({ name }) => name).sort()).toEqual([
      ...Array.from({ length: 5 }, () => "chat tiny-llama"),
      "execute_tool",
      "execute_tool search",
      "execute_tool search",
      "invoke_agent",
      "invoke_agent",
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
    const ids = new Set(spans.map(({ spanId }) => spanId));
    const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId));
    expect(roots.map(({ name }) => name)).toEqual(["invoke_agent"]);
  });

  it("has the same ids each time", () => {
    expect(sent()).toEqual(sent());
  });

  it("puts the sub-agent below the tool that started it, and its call below the sub-agent", () => {
    const [, agent] = named("invoke_agent");
    const tools = named("execute_tool search");
    expect(agent?.parentSpanId).toBe(tools[1]?.spanId);
    expect(sent().filter(({ parentSpanId }) => parentSpanId === agent?.spanId)).toHaveLength(1);
  });

  it("says a call in the conventions' names, with its time to the nanosecond that is known", () => {
    const [call] = named("chat tiny-llama");
    expect(call?.kind).toBe(3);
    expect(call?.startTimeUnixNano).toBe("1767323045688000000");
    expect(call?.endTimeUnixNano).toBe("1767323046088000000");
    expect(
      Object.fromEntries((call?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]])),
    ).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "tiny-llama",
      "gen_ai.request.stream": true,
      "gen_ai.request.max_tokens": 256,
      "gen_ai.response.finish_reasons": { values: [{ stringValue: "tool_calls" }] },
      "gen_ai.response.time_to_first_chunk": 0.03975,
      "gen_ai.usage.input_tokens": 120,
      "gen_ai.usage.output_tokens": 40,
      "gen_ai.usage.cache_read.input_tokens": 0,
      "gen_ai.conversation.id": "20260102-030405-trace-abc234/0",
      "inferguard.turn": 0,
      "server.address": "127.0.0.1",
      "server.port": 8000,
    });
  });

  it("marks what failed, with the server's own code, and links a retry to what it repeats", () => {
    const calls = named("chat tiny-llama");
    const failed = calls.find(({ status }) => status.code === 2);
    expect(valueOf(failed, "error.type")).toBe("503");
    const linked = calls.filter(({ links }) => links.length > 0);
    expect(linked).toHaveLength(2);
    expect(linked[0]?.links[0]?.spanId).toBe(failed?.spanId);
  });

  it("gives a tool without a result no length, and says so", () => {
    const [tool] = named("execute_tool");
    expect(tool?.startTimeUnixNano).toBe(tool?.endTimeUnixNano);
    expect(valueOf(tool, "inferguard.tool.without_result")).toBe(true);
  });
});
