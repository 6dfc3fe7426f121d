/** When everything happened: a line for each call and each tool call, and on top what the run was doing at each moment. */
import { scaleLinear, type ScaleLinear } from "d3-scale";
import type { OutlineRow } from "../../analysis/trace/outline.ts";
import { coarse, type Stretch, stretchesOf } from "../../analysis/trace/stretches.ts";
import { counted, duration, runTime } from "../format.ts";
import { element, escaped, image } from "../html/markup.ts";
import { failed, fold, type ShownRow } from "./fold.ts";
import { legend } from "./legend.ts";
import { labelOf } from "./outline-table.ts";

const width = 1180;
const labelWidth = 300;
const rowHeight = 20;
const top = 78;
const mostRows = 150;
/** About a pixel each. */
const CELLS = 800;

type TimeScale = ScaleLinear<number, number>;

export function waterfallChart(rows: readonly OutlineRow[], wallMs: number): string {
  const shown = fold(rows, mostRows);
  const x = scaleLinear([0, Math.max(1, wallMs)], [labelWidth, width - 24]);
  const height = top + shown.length * rowHeight + 8;
  return image(
    {
      id: "waterfall",
      title: "What happened when",
      description: `${counted(rows.length, "call and tool call", "calls and tool calls")} over ${duration(wallMs)}; the table below lists them.`,
      width,
      height,
      leastWidth: 880,
    },
    legend([
      { className: "wait", text: "call: until its first token" },
      { className: "model", text: "call: its tokens" },
      { className: "tool", text: "tool" },
      { className: "idle", text: "neither" },
    ]),
    axis(x, height),
    element("text", { x: 0, y: 60, class: "faint" }, "the run"),
    ...coarse(stretchesOf(rows, wallMs), wallMs, CELLS).map((stretch) => strip(stretch, x)),
    ...shown.map((row, place) => line(row, { x, y: top + place * rowHeight, wallMs })),
  );
}

function axis(x: TimeScale, height: number): string {
  return x
    .ticks(8)
    .map(
      (ms) =>
        element("line", { x1: x(ms), x2: x(ms), y1: 40, y2: height, class: "axis" }) +
        element("text", { x: x(ms), y: 36, "text-anchor": "middle", class: "faint" }, escaped(runTime(ms))),
    )
    .join("");
}

/** What the run was doing: the model before the tools. */
function strip({ fromMs, toMs, doing }: Stretch, x: TimeScale): string {
  return element(
    "rect",
    {
      x: x(fromMs),
      y: 48,
      width: Math.max(0.5, x(toMs) - x(fromMs)),
      height: 16,
      class: { model: "model", tool: "tool", neither: "idle" }[doing],
    },
    element("title", {}, escaped(`${doing}: ${runTime(fromMs)} to ${runTime(toMs)}`)),
  );
}

function line({ row, folded }: ShownRow, { x, y, wallMs }: { x: TimeScale; y: number; wallMs: number }): string {
  if (row === null) {
    const text = `… ${counted(folded.length, "more")}`.replace("mores", "more");
    return element("text", { x: 0, y: y + 14, class: "faint" }, escaped(text)) + foldedBars(folded, { x, y, wallMs });
  }
  const label = labelOf(row);
  const indent = Math.min(row.depth, 6) * 12;
  const room = Math.floor((labelWidth - indent - 10) / 6.6);
  const cut = label.length > room ? `${label.slice(0, room - 1)}…` : label;
  return (
    element("text", { x: indent, y: y + 14, class: failed(row.node) ? "bad" : undefined }, escaped(cut)) +
    bars(row, x, y)
  );
}

/** What the run was doing in the rows that are folded here, without their names. */
function foldedBars(
  folded: readonly OutlineRow[],
  { x, y, wallMs }: { x: TimeScale; y: number; wallMs: number },
): string {
  return coarse(stretchesOf(folded, wallMs), wallMs, CELLS)
    .filter(({ doing }) => doing !== "neither")
    .map(({ fromMs, toMs, doing }) =>
      element("rect", {
        x: x(fromMs),
        y: y + 3,
        width: Math.max(0.5, x(toMs) - x(fromMs)),
        height: rowHeight - 6,
        class: doing,
      }),
    )
    .join("");
}

function bars({ node, role }: OutlineRow, x: TimeScale, y: number): string {
  const endMs = node.end_ms ?? node.start_ms;
  const title = element(
    "title",
    {},
    escaped(
      `${labelOf({ node, role })}: from ${runTime(node.start_ms)}, ${node.end_ms === null ? "no end known" : duration(endMs - node.start_ms)}`,
    ),
  );
  const bar = (fromMs: number, toMs: number, className: string) =>
    element(
      "rect",
      {
        x: x(fromMs),
        y: y + 3,
        width: Math.max(1.5, x(toMs) - x(fromMs)),
        height: rowHeight - 6,
        class: failed(node) ? `${className} failed` : className,
      },
      title,
    );
  if (node.kind === "tool_call") return bar(node.start_ms, endMs, "tool");
  const first = node.first_token_ms ?? node.first_byte_ms ?? endMs;
  return first >= endMs
    ? bar(node.start_ms, endMs, "wait")
    : bar(node.start_ms, first, "wait") + bar(first, endMs, "model");
}
