/** A run of `trace` in one of its forms, from what is in its directory. */
import { summarizeTrace, type TraceReading } from "../../analysis/trace/summarize.ts";
import { prettyJson } from "../../json.ts";
import { markdownOf } from "../../report/markdown.ts";
import type { View } from "../../report/model.ts";
import type { RunPlace } from "../../report/next-steps.ts";
import { nodesCsv } from "../../report/trace/csv.ts";
import { traceViewOf } from "../../report/trace/view.ts";
import { readTraceRun, type TraceData } from "../../runs/trace-reader.ts";
import { traceSummaryRow } from "../../runs/trace-summary.ts";
import type { ReportFormat } from "./formats.ts";

/** The view for the terminal; a text for every other format. @throws UserError when the run cannot be read. */
export async function renderTrace(
  directory: string,
  format: ReportFormat,
  place: RunPlace | null,
): Promise<View | string> {
  const data = await readTraceRun(directory);
  if (format === "csv") return [...nodesCsv(data.nodes)].join("");
  const summary = summarizeTrace(readingOf(data));
  if (format === "json") return prettyJson(summary);
  const view = traceViewOf(summary, data.nodes, place);
  return format === "md" ? markdownOf(view) : view;
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
