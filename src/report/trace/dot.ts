/** A trace as a graph for Graphviz: a cluster for each conversation, an edge to each node from the one that it follows. */
import type { TraceNode } from "../../runs/schemas/agent-trace.ts";
import { bytes, count, counted, duration, runTime } from "../format.ts";
import { printable } from "../printable.ts";

export function* dotLines(nodes: readonly TraceNode[]): Generator<string> {
  const there = new Set(nodes.map(({ id }) => id));
  yield "digraph trace {\n";
  yield "  rankdir=LR;\n";
  yield '  node [fontname="sans-serif", fontsize=10, style=filled, fillcolor=white];\n';
  for (const [conversation, own] of Map.groupBy(nodes, (node) => node.conversation)) {
    yield `  subgraph cluster_${conversation} {\n`;
    yield `    label=${quoted([`conversation ${conversation}`])};\n`;
    for (const node of own) yield `    n${node.id} [${lookOf(node)}, label=${quoted(labelOf(node))}];\n`;
    yield "  }\n";
  }
  for (const { id, parent, ...node } of nodes) {
    if (parent !== null && there.has(parent)) yield `  n${parent} -> n${id};\n`;
    // Which node the turning is about, where that is not the one that it follows.
    if ("of" in node && node.of !== parent && there.has(node.of))
      yield `  n${node.of} -> n${id} [style=dashed, constraint=false];\n`;
    if (!("carries" in node)) continue;
    for (const carried of node.carries)
      if (there.has(carried)) yield `  n${carried} -> n${id} [style=dotted, constraint=false];\n`;
  }
  yield "}\n";
}

function lookOf(node: TraceNode): string {
  if (node.kind === "model_call") return `shape=box, fillcolor=${node.status === "ok" ? "lightblue" : "lightpink"}`;
  if (node.kind === "tool_call")
    return `shape=ellipse, fillcolor=${node.result_kind === "error" ? "lightpink" : "lightyellow"}`;
  return { branch: "shape=diamond", retry: "shape=diamond", user_input: "shape=note", system: "shape=note" }[node.kind];
}

function labelOf(node: TraceNode): string[] {
  switch (node.kind) {
    case "model_call": {
      const tokens =
        node.input_tokens === null ? [] : [`${count(node.input_tokens)} in, ${count(node.output_tokens ?? 0)} out`];
      const status = node.status === "ok" ? [] : [node.error?.kind ?? node.status];
      const time = `${runTime(node.start_ms)} + ${duration(node.end_ms - node.start_ms)}`;
      return [`#${node.id} ${node.model === null ? node.api : printable(node.model, 64)}`, time, ...tokens, ...status];
    }
    case "tool_call":
      return [
        `#${node.id} ${node.name === null ? "tool" : printable(node.name, 64)}`,
        node.wall_ms === null ? "no result" : duration(node.wall_ms),
      ];
    case "user_input":
      return [`#${node.id} user`, `${counted(node.messages, "message")}, ${bytes(node.bytes)}`];
    case "system":
      return [`#${node.id} system`, `${bytes(node.bytes)}, ${counted(node.tools, "tool")}`];
    case "branch":
      return [`#${node.id} branch`];
    case "retry":
      return [`#${node.id} retry`, `after ${node.after}`];
  }
}

/** A string of the DOT language. Lines are centred. */
function quoted(lines: readonly string[]): string {
  return `"${lines.map((line) => line.replaceAll("\\", "\\\\").replaceAll('"', '\\"')).join("\\n")}"`;
}
