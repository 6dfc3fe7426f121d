import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelCall, TraceNode } from "./schemas/agent-trace.ts";
import { traceSummaryRow } from "./trace-summary.ts";

const call = (start_ms: number, end_ms: number, more: Partial<ModelCall> = {}): TraceNode => ({
  event: "node",
  id: 0,
  conversation: 0,
  parent: null,
  kind: "model_call",
  turn: 0,
  api: "chat",
  model: null,
  stream: true,
  carries: [],
  start_ms,
  request_end_ms: null,
  sent_ms: null,
  first_byte_ms: null,
  first_token_ms: null,
  first_content_ms: null,
  first_reasoning_ms: null,
  first_tool_ms: null,
  last_token_ms: null,
  end_ms,
  ttft_ms: null,
  tpot_ms: null,
  tpot_claim: null,
  input_tokens: null,
  output_tokens: null,
  cached_tokens: null,
  reasoning_tokens: null,
  token_source: "none",
  events: 0,
  tokens_first_event: null,
  gap: null,
  request_bytes: 0,
  response_bytes: 0,
  messages: 1,
  tools_offered: 0,
  tool_choice: null,
  max_output_tokens: null,
  input_pieces: [],
  output_piece: null,
  tool_calls: 0,
  finish_reason: null,
  status: "ok",
  error: null,
  not_understood: null,
  ...more,
});

const tool = (start_ms: number, end_ms: number | null): TraceNode => ({
  event: "node",
  id: 1,
  conversation: 0,
  parent: 0,
  kind: "tool_call",
  name: "search",
  argument_bytes: 0,
  start_ms,
  end_ms,
  wall_ms: null,
  stall_ms: null,
  result_bytes: null,
  result_kind: null,
});

const passed = { models: 0, other: 0 };
const summary = (nodes: readonly TraceNode[], wallMs: number) => traceSummaryRow(nodes, { wallMs, passed });

describe("the summary of a trace", () => {
  it("divides the run: a call under way, else a tool, else neither", () => {
    const nodes = [call(10, 20), call(15, 30), tool(30, 50), tool(40, 60), call(55, 70), tool(70, null)];
    expect(summary(nodes, 100)).toMatchObject({ wall_ms: 100, model_ms: 35, tool_ms: 25, waiting_ms: 40 });
  });

  it("adds up what was counted, and says null where nothing was", () => {
    const nodes = [call(0, 1, { input_tokens: 5, cached_tokens: 0 }), call(1, 2, { input_tokens: 7 }), call(2, 3)];
    expect(summary(nodes, 3)).toMatchObject({ input_tokens: 12, cached_tokens: 0, output_tokens: null });
  });

  it("counts what ended badly", () => {
    const nodes = [call(0, 1, { status: "error" }), call(0, 1, { status: "cancelled" }), call(0, 1)];
    expect(summary(nodes, 1)).toMatchObject({ errors: 1, cancelled: 1, nodes: { model_call: 3, tool_call: 0 } });
  });

  it("does not depend on the order of the nodes, and agrees with counting every millisecond", () => {
    const span = fc.tuple(fc.nat(60), fc.nat(40)).map(([start, length]): [number, number] => [start, start + length]);
    const spans = fc.array(fc.tuple(fc.boolean(), span), { maxLength: 12 });
    fc.assert(
      fc.property(spans, fc.nat(80), (list, wallMs) => {
        const nodes = list.map(([isCall, [start, end]]) => (isCall ? call(start, end) : tool(start, end)));
        const within = (isCall: boolean, ms: number) =>
          list.some(([kind, [start, end]]) => kind === isCall && start <= ms && ms < end);
        const moments = Array.from({ length: wallMs }, (_, ms) => ms);
        const model = moments.filter((ms) => within(true, ms)).length;
        const tools = moments.filter((ms) => !within(true, ms) && within(false, ms)).length;
        const found = summary(nodes, wallMs);
        expect(found).toMatchObject({ model_ms: model, tool_ms: tools, waiting_ms: wallMs - model - tools });
        expect(summary(nodes.toReversed(), wallMs)).toEqual(found);
      }),
    );
  });
});
