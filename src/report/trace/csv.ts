/** The nodes of a trace as CSV: one line each, of every kind; what a kind does not have is empty. */
import type { ModelCall, ToolCall, TraceNode } from "../../runs/schemas/agent-trace.ts";
import { record } from "../csv.ts";

/** A head, then a line for each node, each with its line end. */
export function* nodesCsv(nodes: Iterable<TraceNode>): Generator<string> {
  yield record([...columns]);
  for (const node of nodes) {
    const values: Record<string, unknown> = { ...node, ...flattened(node) };
    yield record(columns.map((name) => valueOf(values[name])));
  }
}

const columns = [
  ...["id", "kind", "conversation", "parent", "start_ms", "end_ms"],
  ...([
    "turn",
    "api",
    "model",
    "stream",
    "status",
    "finish_reason",
    "request_end_ms",
    "sent_ms",
    "first_byte_ms",
    "first_token_ms",
    "first_content_ms",
    "first_reasoning_ms",
    "first_tool_ms",
    "last_token_ms",
    "ttft_ms",
    "tpot_ms",
    "tpot_claim",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "token_source",
    "events",
    "request_bytes",
    "response_bytes",
    "messages",
    "tools_offered",
    "tool_choice",
    "max_output_tokens",
    "tool_calls",
    "not_understood",
  ] satisfies (keyof ModelCall)[]),
  ...[
    "carries",
    "input_pieces",
    "error_kind",
    "error_http_status",
    "gap_p50_ms",
    "gap_p95_ms",
    "gap_max_ms",
    "gap_count",
  ],
  ...(["name", "argument_bytes", "wall_ms", "stall_ms", "result_bytes", "result_kind"] satisfies (keyof ToolCall)[]),
  ...["bytes", "tools", "of", "after", "delay_ms", "shared_pieces"],
];

/** Members that are not one value each. Lists are their lengths but for `carries`, whose ids stand apart by spaces. */
function flattened(node: TraceNode): Record<string, unknown> {
  if (node.kind !== "model_call") return {};
  const { carries, input_pieces, error, gap } = node;
  return {
    carries: carries.join(" "),
    input_pieces: input_pieces.length,
    error_kind: error?.kind ?? null,
    error_http_status: error?.http_status ?? null,
    gap_p50_ms: gap?.p50 ?? null,
    gap_p95_ms: gap?.p95 ?? null,
    gap_max_ms: gap?.max ?? null,
    gap_count: gap?.count ?? null,
  };
}

function valueOf(value: unknown): string | number | null {
  return typeof value === "string" || typeof value === "number"
    ? value
    : typeof value === "boolean"
      ? String(value)
      : null;
}
