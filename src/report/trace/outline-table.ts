/** The outline as a table: what the agent did, when, for how long, and with how many tokens. */
import { type OutlineRow } from "../../analysis/trace/outline.ts";
import type { TraceNode } from "../../runs/schemas/agent-trace.ts";
import { count, counted, duration, noValue, runTime } from "../format.ts";
import type { Cell, Column, Table } from "../model.ts";
import { printable } from "../printable.ts";
import { timelineBar } from "./bars.ts";
import { failed, fold, type ShownRow } from "./fold.ts";

const barWidth = 24;
const mostRows = 60;

export function outlineTable(rows: readonly OutlineRow[], wallMs: number): Table {
  return { columns, rows: fold(rows, mostRows).map((shown) => cellsOf(shown, wallMs)) };
}

const columns: Column[] = [
  { group: null, label: "call or tool", unit: null, align: "left", drop: 0, least: 28 },
  { group: null, label: "start", unit: null, align: "right", drop: 4 },
  { group: null, label: "time", unit: null, align: "right", drop: 0 },
  { group: null, label: "TTFT", unit: null, align: "right", drop: 5 },
  { group: "tokens", label: "in", unit: null, align: "right", drop: 2 },
  { group: "tokens", label: "cached", unit: null, align: "right", drop: 3 },
  { group: "tokens", label: "out", unit: null, align: "right", drop: 2 },
  // Bars are as wide as the column; aligned right, they are never cut.
  { group: null, label: "when", unit: null, align: "right", drop: 1, bars: true },
];

function cellsOf({ row, folded }: ShownRow, wallMs: number): Cell[] {
  return row === null ? foldedCells(folded, wallMs) : rowCells(row, wallMs);
}

function rowCells(row: OutlineRow, wallMs: number): Cell[] {
  const { node } = row;
  const call = node.kind === "model_call" ? node : null;
  const tokens = (value: number | null | undefined): Cell =>
    value === undefined ? { text: "" } : { text: value === null ? noValue : count(value) };
  const name: Cell = { text: branches(row) + labelOf(row) };
  if (failed(node)) name.tone = "bad";
  return [
    name,
    { text: runTime(node.start_ms) },
    { text: node.end_ms === null ? noValue : duration(node.end_ms - node.start_ms) },
    { text: call === null ? "" : call.ttft_ms === null ? noValue : duration(call.ttft_ms) },
    tokens(call?.input_tokens),
    tokens(call?.cached_tokens),
    tokens(call?.output_tokens),
    { text: barOf([row], wallMs), tone: "faint" },
  ];
}

function foldedCells(rows: readonly OutlineRow[], wallMs: number): Cell[] {
  const of = (kind: TraceNode["kind"]) => rows.filter(({ node }) => node.kind === kind).length;
  const failures = rows.filter(({ node }) => failed(node)).length;
  const parts = [
    ...(of("model_call") > 0 ? [counted(of("model_call"), "call")] : []),
    ...(of("tool_call") > 0 ? [counted(of("tool_call"), "tool call")] : []),
    ...(failures > 0 ? [`${count(failures)} failed`] : []),
  ];
  const rest = columns.slice(1, -1).map((): Cell => ({ text: "" }));
  return [{ text: `… ${parts.join(", ")}`, tone: "faint" }, ...rest, { text: barOf(rows, wallMs), tone: "faint" }];
}

function barOf(rows: readonly OutlineRow[], wallMs: number): string {
  return timelineBar(
    rows.map(({ node }) => ({
      fromMs: node.start_ms,
      toMs: node.end_ms ?? wallMs,
      kind: node.kind === "model_call" ? "model" : "tool",
    })),
    wallMs,
    barWidth,
  );
}

/** `│ ├ `, before a row that is two steps in. */
function branches({ depth, open }: OutlineRow): string {
  let text = "";
  for (let step = 1; step < depth; step++) text += open[step] === true ? "│ " : "  ";
  return depth === 0 ? text : text + (open[depth] === true ? "├ " : "└ ");
}

/** `#9 tiny-llama, retry of #7`. */
export function labelOf({ node, role }: Pick<OutlineRow, "node" | "role">): string {
  const parts = [`#${node.id} ${nameOf(node)}`, ...roleText(role), ...endText(node)];
  return parts.join(", ");
}

function nameOf(node: OutlineRow["node"]): string {
  if (node.kind === "tool_call") return `${node.name === null ? "tool" : printable(node.name, 64)}()`;
  return node.model === null ? node.api : printable(node.model, 64);
}

function roleText(role: OutlineRow["role"]): string[] {
  if (role === null) return [];
  if (role.kind === "sub_agent") return ["sub-agent"];
  return [role.kind === "branch" ? `branch beside #${role.of}` : `retry of #${role.of}`];
}

function endText(node: OutlineRow["node"]): string[] {
  if (node.kind === "tool_call") {
    if (node.end_ms === null) return ["no result"];
    return node.result_kind === "error" ? ["error"] : [];
  }
  if (node.status === "cancelled") return ["cancelled"];
  if (node.error === null) return [];
  const { kind, http_status } = node.error;
  return [http_status === null ? kind : `${kind} (${http_status})`];
}
