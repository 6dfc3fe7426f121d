/** The summary of a trace, from its nodes: what the run's last row says, and what is worked out again where there is none. */
import type { TraceNode, TraceSummaryRow } from "./schemas/agent-trace.ts";

interface RunFacts {
  /** The run's length. */
  wallMs: number;
  /** Requests that were no model calls. */
  passed: TraceSummaryRow["passed"];
}

export function traceSummaryRow(nodes: readonly TraceNode[], facts: RunFacts): TraceSummaryRow {
  const summary = createTraceSummary();
  for (const node of nodes) summary.add(node);
  return summary.row(facts);
}

export interface TraceSummary {
  add(node: TraceNode): void;
  row(facts: RunFacts): TraceSummaryRow;
}

/** For nodes as they come: it keeps none of them. */
export function createTraceSummary(): TraceSummary {
  const conversations = new Set<number>();
  const nodes = { model_call: 0, tool_call: 0, branch: 0, retry: 0, user_input: 0, system: 0 };
  const tokens: Record<TokenKind, number | null> = {
    input_tokens: null,
    output_tokens: null,
    cached_tokens: null,
    reasoning_tokens: null,
  };
  const model: Span[] = [];
  const either: Span[] = [];
  let errors = 0;
  let cancelled = 0;
  return {
    add(node) {
      conversations.add(node.conversation);
      nodes[node.kind]++;
      if (node.kind === "tool_call") {
        // A tool without a result has no known end.
        if (node.end_ms !== null) addSpan(either, [node.start_ms, node.end_ms]);
      }
      if (node.kind !== "model_call") return;
      addSpan(model, [node.start_ms, node.end_ms]);
      addSpan(either, [node.start_ms, node.end_ms]);
      if (node.status === "error") errors++;
      if (node.status === "cancelled") cancelled++;
      for (const kind of tokenKinds) {
        const count = node[kind];
        if (count !== null) tokens[kind] = (tokens[kind] ?? 0) + count;
      }
    },
    row({ wallMs, passed }) {
      const modelMs = coveredMs(model, wallMs);
      const busyMs = coveredMs(either, wallMs);
      return {
        event: "summary",
        wall_ms: microseconds(wallMs),
        model_ms: microseconds(modelMs),
        tool_ms: microseconds(busyMs - modelMs),
        waiting_ms: microseconds(wallMs - busyMs),
        conversations: conversations.size,
        nodes: { ...nodes },
        errors,
        cancelled,
        ...tokens,
        passed,
      };
    },
  };
}

const tokenKinds = ["input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens"] as const;
type TokenKind = (typeof tokenKinds)[number];

type Span = [startMs: number, endMs: number];

/** Nodes come in the order of their ends, more or less: one that touches those before it takes their place. */
function addSpan(spans: Span[], [start, end]: Span): void {
  let from = start;
  let to = end;
  for (let last = spans.at(-1); last !== undefined && last[1] >= from && last[0] <= to; last = spans.at(-1)) {
    from = Math.min(from, last[0]);
    to = Math.max(to, last[1]);
    spans.pop();
  }
  spans.push([from, to]);
}

/** How much of the run, from 0 to its end, at least one of these covers. */
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
