/**
 * A trace as an outline: its calls and tool calls, each below what it follows. The turns of a conversation stand in one
 * column, however many there are; what a call asked for, a branch, and an agent that a tool started are one step in.
 */
import type { ModelCall, ToolCall, TraceNode } from "../../runs/schemas/agent-trace.ts";

export interface OutlineRow {
  node: ModelCall | ToolCall;
  depth: number;
  /** For each step in, the outermost first: more is to come there, below this row. */
  open: boolean[];
  /** The first call of a branch, a retry, the first call of a conversation that something caused. */
  role: { kind: "branch"; of: number } | { kind: "retry"; of: number; after: string } | { kind: "sub_agent" } | null;
}

/** @param nodes by id, as a reader gives them. A node whose parent is not there stands by itself. */
export function outlineOf(nodes: readonly TraceNode[]): OutlineRow[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const children = Map.groupBy(nodes, ({ parent, id }) =>
    parent !== null && byId.has(parent) && parent < id ? parent : null,
  );
  const rows: OutlineRow[] = [];
  // A stack, because a conversation can be thousands of turns long.
  const stack: Step[] = (children.get(null) ?? []).map((node) => ({ node, depth: 0, role: null })).toReversed();
  for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
    const { node, depth } = step;
    const role = roleOf(step, byId);
    if (node.kind === "model_call" || node.kind === "tool_call") rows.push({ node, depth, open: [], role });
    const passes = node.kind !== "model_call" && node.kind !== "tool_call" ? role : null;
    const next = (children.get(node.id) ?? []).map((child): Step => ({
      node: child,
      depth: depth + (isOneStepIn(node, child) ? 1 : 0),
      role: passes,
    }));
    // What is one step in comes first, or it would stand below everything that continues the call.
    const inner = next.filter((child) => child.depth > depth);
    const same = next.filter((child) => child.depth === depth);
    for (const child of [...inner, ...same].toReversed()) stack.push(child);
  }
  markOpen(rows);
  return rows;
}

interface Step {
  node: TraceNode;
  depth: number;
  /** Of the nodes without a row of their own that lead here. */
  role: OutlineRow["role"];
}

function isOneStepIn(parent: TraceNode, child: TraceNode): boolean {
  if (child.conversation !== parent.conversation) return true;
  return child.kind === "tool_call" || child.kind === "branch";
}

function roleOf({ node, role }: Step, byId: ReadonlyMap<number, TraceNode>): OutlineRow["role"] {
  if (node.kind === "branch") return { kind: "branch", of: node.of };
  if (node.kind === "retry") return { kind: "retry", of: node.of, after: node.after };
  const parent = node.parent === null ? undefined : byId.get(node.parent);
  return parent !== undefined && parent.conversation !== node.conversation ? { kind: "sub_agent" } : role;
}

/** Whether a later row stands at a depth before one that is further out: from below, so that each row is looked at once. */
function markOpen(rows: readonly OutlineRow[]): void {
  let open: boolean[] = [];
  for (const row of rows.toReversed()) {
    row.open = Array.from({ length: row.depth + 1 }, (_, depth) => open[depth] ?? false);
    open = row.open.map((more, depth) => more || depth === row.depth);
  }
}
