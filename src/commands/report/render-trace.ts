/** A run of `trace` in one of its forms, from what is in its directory. */
import { summarizeTrace, type TraceReading } from "../../analysis/trace/summarize.ts";
import { prettyJson } from "../../json.ts";
import { markdownOf } from "../../report/markdown.ts";
import type { RunPlace } from "../../report/next-steps.ts";
import { nodesCsv } from "../../report/trace/csv.ts";
import { dotLines } from "../../report/trace/dot.ts";
import { exportedCalls } from "../../report/trace/exported-calls.ts";
import { mooncakeLines } from "../../report/trace/mooncake.ts";
import { wekaDocument } from "../../report/trace/weka.ts";
import { tracePage } from "../../report/trace/page.ts";
import { traceViewOf } from "../../report/trace/view.ts";
import type { TraceNode } from "../../runs/schemas/agent-trace.ts";
import { readTraceRun, type TraceData } from "../../runs/trace-reader.ts";
import { traceSummaryRow } from "../../runs/trace-summary.ts";
import { otlpJson, spansOf } from "../../trace/spans.ts";
import type { Rendered, ReportFormat } from "./formats.ts";

/** @throws UserError when the run cannot be read. */
export async function renderTrace(directory: string, format: ReportFormat, place: RunPlace | null): Promise<Rendered> {
  const data = await readTraceRun(directory);
  const { nodes } = data;
  const reading = readingOf(data);
  const view = () => traceViewOf(summarizeTrace(reading), nodes, place);
  switch (format) {
    case "terminal":
      return { view: view() };
    case "md":
      return { text: markdownOf(view()), remark: null };
    case "html":
      return { text: tracePage(summarizeTrace(reading), nodes), remark: null };
    case "json":
      return { text: prettyJson(summarizeTrace(reading)), remark: null };
    case "csv":
      return { text: [...nodesCsv(nodes)].join(""), remark: null };
    case "dot":
      return { text: [...dotLines(nodes)].join(""), remark: null };
    case "otlp-json":
      return { text: otlpText(reading), remark: null };
    case "mooncake":
    case "weka":
      return exported(format, nodes);
  }
}

function otlpText({ run, nodes, summary }: TraceReading): string {
  return `${Buffer.from(otlpJson(spansOf(run, nodes, summary.wall_ms))).toString("utf8")}\n`;
}

function exported(format: "mooncake" | "weka", nodes: readonly TraceNode[]): Rendered {
  const { calls, leftOut } = exportedCalls(nodes);
  const text = format === "mooncake" ? [...mooncakeLines(calls)].join("") : wekaDocument(nodes, calls);
  return { text, remark: leftOut };
}

/** A run that was killed has no closing row: it is worked out again, up to the last thing that is known. */
export function readingOf(data: TraceData): TraceReading {
  const { nodes, summary } = data;
  const wallMs = nodes.reduce(
    (last, node) => Math.max(last, node.start_ms, "end_ms" in node ? (node.end_ms ?? 0) : 0),
    0,
  );
  return {
    ...data,
    summary: summary ?? traceSummaryRow(nodes, { wallMs, passed: { models: 0, other: 0 } }),
    reckoned: summary === null,
  };
}
