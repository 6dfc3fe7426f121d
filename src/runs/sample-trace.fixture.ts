/**
 * Traces for tests, valid by their schema: a small one with everything in it (a tool twice in one turn, a retry after an
 * error, a branch, a sub-agent), and one as large as wanted.
 */
import { seededRandom } from "../random.ts";
import { sampleStart } from "./sample-run.fixture.ts";
import type { RunStart } from "./run-writer.ts";
import type { ModelCall, ToolCall, TraceNode } from "./schemas/agent-trace.ts";
import type { TracePlan } from "./schemas/trace-plan.ts";

export const sampleTraceStart: RunStart & { plan: TracePlan } = {
  ...sampleStart,
  plan: {
    command: "trace",
    target: { origin: "http://127.0.0.1:8000", path: "/v1", insecure: false },
    starts_agent: true,
    model_calls: null,
  },
};

export function modelCall(id: number, startMs: number, endMs: number, over: Partial<ModelCall> = {}): ModelCall {
  return {
    event: "node",
    id,
    conversation: 0,
    parent: null,
    kind: "model_call",
    turn: 0,
    api: "chat",
    model: "tiny-llama",
    stream: true,
    carries: [],
    start_ms: startMs,
    request_end_ms: startMs + 0.5,
    sent_ms: startMs + 0.25,
    first_byte_ms: startMs + 20,
    first_token_ms: startMs + 40,
    first_content_ms: startMs + 40,
    first_reasoning_ms: null,
    first_tool_ms: null,
    last_token_ms: endMs - 1,
    end_ms: endMs,
    ttft_ms: 39.75,
    tpot_ms: 8.5,
    tpot_claim: "measured",
    input_tokens: 120,
    output_tokens: 40,
    cached_tokens: 0,
    reasoning_tokens: null,
    token_source: "server",
    events: 40,
    tokens_first_event: 1,
    gap: { p50: 8, p95: 9, max: 12, count: 39 },
    request_bytes: 900,
    response_bytes: 8000,
    messages: 2,
    tools_offered: 2,
    tool_choice: "auto",
    max_output_tokens: 256,
    input_pieces: [],
    output_piece: null,
    tool_calls: 0,
    finish_reason: "stop",
    status: "ok",
    error: null,
    not_understood: null,
    ...over,
  };
}

export function toolCall(id: number, startMs: number, endMs: number | null, over: Partial<ToolCall> = {}): ToolCall {
  const wallMs = endMs === null ? null : endMs - startMs;
  return {
    event: "node",
    id,
    conversation: 0,
    parent: null,
    kind: "tool_call",
    name: "search",
    argument_bytes: 40,
    start_ms: startMs,
    end_ms: endMs,
    wall_ms: wallMs,
    stall_ms: wallMs,
    result_bytes: endMs === null ? null : 600,
    result_kind: endMs === null ? null : "text",
    ...over,
  };
}

const event = "node";

/** Times in milliseconds; the run is 3 s long. */
export function sampleTrace(): TraceNode[] {
  const first = {
    input_pieces: [
      [0, 400],
      [1, 80],
    ] as [number, number][],
    output_piece: [2, 160] as [number, number],
  };
  const second = [...first.input_pieces, first.output_piece, [3, 600], [4, 600]] as [number, number][];
  return [
    { event, id: 0, conversation: 0, parent: null, kind: "system", start_ms: 10, bytes: 400, tools: 2 },
    { event, id: 1, conversation: 0, parent: 0, kind: "user_input", start_ms: 10, messages: 1, bytes: 80 },
    modelCall(2, 10, 410, { parent: 1, carries: [0, 1], ...first, tool_calls: 2, finish_reason: "tool_calls" }),
    toolCall(3, 410, 910, { parent: 2 }),
    toolCall(4, 410, 910, { parent: 2, name: "search", stall_ms: 300 }),
    // What the second tool started: an agent of its own.
    modelCall(5, 500, 700, {
      conversation: 1,
      parent: 4,
      input_tokens: 30,
      input_pieces: [[5, 120]],
      output_piece: [6, 90],
    }),
    modelCall(7, 910, 960, {
      parent: 2,
      turn: 1,
      carries: [3, 4],
      input_pieces: second,
      input_tokens: null,
      output_tokens: null,
      cached_tokens: null,
      token_source: "none",
      first_token_ms: null,
      first_content_ms: null,
      last_token_ms: null,
      ttft_ms: null,
      tpot_ms: null,
      tpot_claim: null,
      events: 0,
      tokens_first_event: null,
      gap: null,
      finish_reason: null,
      status: "error",
      error: { kind: "http_5xx", http_status: 503 },
    }),
    { event, id: 8, conversation: 0, parent: 7, kind: "retry", start_ms: 1210, of: 7, after: "error", delay_ms: 250 },
    modelCall(9, 1210, 1610, {
      parent: 8,
      turn: 1,
      input_pieces: second,
      output_piece: [7, 200],
      input_tokens: 460,
      output_tokens: 50,
      cached_tokens: 128,
    }),
    { event, id: 10, conversation: 0, parent: 2, kind: "branch", start_ms: 1700, of: 9, shared_pieces: 3 },
    modelCall(11, 1700, 2000, {
      parent: 10,
      turn: 1,
      input_pieces: [...first.input_pieces, first.output_piece, [8, 300]],
      output_piece: [9, 120],
      input_tokens: 240,
      output_tokens: 30,
      cached_tokens: 0,
      tool_calls: 1,
      finish_reason: "tool_calls",
    }),
    toolCall(12, 2000, null, { parent: 11, name: null }),
  ];
}

/** One conversation of `turns` turns, each with a tool call. */
export function longTrace(turns: number, seed = "long"): TraceNode[] {
  const random = seededRandom(seed);
  const nodes: TraceNode[] = [];
  const pieces: [number, number][] = [
    [0, 2000],
    [1, 200],
  ];
  let atMs = 5;
  let tokens = 550;
  let previous: number | null = null;
  for (let turn = 0; turn < turns; turn++) {
    const id = nodes.length;
    const endMs = atMs + 200 + random.integer(800);
    const piece = 2 + 2 * turn;
    const output = 10 + random.integer(90);
    nodes.push(
      modelCall(id, atMs, endMs, {
        parent: previous,
        turn,
        carries: previous === null ? [] : [id - 1],
        input_pieces: [...pieces],
        output_piece: [piece, output * 4],
        input_tokens: tokens,
        output_tokens: output,
        cached_tokens: turn === 0 ? 0 : Math.floor((tokens * 0.9) / 16) * 16,
        tool_calls: 1,
        finish_reason: "tool_calls",
      }),
    );
    const toolMs = endMs + 50 + random.integer(400);
    nodes.push(
      toolCall(id + 1, endMs, toolMs, { parent: id, name: ["read_file", "search", "bash"][random.integer(3)] ?? null }),
    );
    pieces.push([piece, output * 4], [piece + 1, 600]);
    tokens += output + 150;
    previous = id;
    atMs = toolMs + 5;
  }
  return nodes;
}
