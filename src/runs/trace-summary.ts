/** The summary of a trace, from its nodes: what the run's last row says, and what is worked out again where there is none. */
import type { TraceNode, TraceSummaryRow } from "./schemas/agent-trace.ts";

/** @param wallMs the run's length. `passed`: requests that were no model calls. */
export function traceSummaryRow(
  nodes: readonly TraceNode[],
  { wallMs, passed }: { wallMs: number; passed: TraceSummaryRow["passed"] },
): TraceSummaryRow {
  const calls = nodes.filter((node) => node.kind === "model_call");
  const tools = nodes.filter((node) => node.kind === "tool_call");
  const model = calls.map(({ start_ms, end_ms }): Span => [start_ms, end_ms]);
  // A tool without a result has no known end.
  const tool = tools.flatMap(({ start_ms, end_ms }): Span[] => (end_ms === null ? [] : [[start_ms, end_ms]]));
  const modelMs = coveredMs(model, wallMs);
  const busyMs = coveredMs([...model, ...tool], wallMs);
  const sum = (of: (call: (typeof calls)[number]) => number | null) => {
    const values = calls.map(of).filter((value) => value !== null);
    return values.length === 0 ? null : values.reduce((total, value) => total + value, 0);
  };
  const count = (kind: TraceNode["kind"]) => nodes.filter((node) => node.kind === kind).length;
  return {
    event: "summary",
    wall_ms: microseconds(wallMs),
    model_ms: microseconds(modelMs),
    tool_ms: microseconds(busyMs - modelMs),
    waiting_ms: microseconds(wallMs - busyMs),
    conversations: new Set(nodes.map(({ conversation }) => conversation)).size,
    nodes: {
      model_call: calls.length,
      tool_call: tools.length,
      branch: count("branch"),
      retry: count("retry"),
      user_input: count("user_input"),
      system: count("system"),
    },
    errors: calls.filter(({ status }) => status === "error").length,
    cancelled: calls.filter(({ status }) => status === "cancelled").length,
    input_tokens: sum((call) => call.input_tokens),
    output_tokens: sum((call) => call.output_tokens),
    cached_tokens: sum((call) => call.cached_tokens),
    reasoning_tokens: sum((call) => call.reasoning_tokens),
    passed,
  };
}

type Span = [startMs: number, endMs: number];

/** How much of the run at least one of these covers. */
function coveredMs(spans: readonly Span[], wallMs: number): number {
  let covered = 0;
  let reached = 0;
  for (const [start, end] of spans.toSorted(([a], [b]) => a - b)) {
    const from = Math.max(start, reached);
    const to = Math.min(end, wallMs);
    if (to <= from) continue;
    covered += to - from;
    reached = to;
  }
  return covered;
}

function microseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
