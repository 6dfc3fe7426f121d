/** A trace's run and its summary, for the tests of its report. */
import { summarizeTrace } from "../../analysis/trace/summarize.ts";
import { sampleTrace, sampleTraceStart } from "../../runs/sample-trace.fixture.ts";
import type { TraceNode } from "../../runs/schemas/agent-trace.ts";
import type { TraceRun } from "../../runs/schemas/run.ts";
import type { TraceSummary } from "../../runs/schemas/trace-summary.ts";
import { traceSummaryRow } from "../../runs/trace-summary.ts";

export const traceRun: TraceRun = {
  schema: "inferguard-run/v1",
  run_id: "20260102-030405-trace-abc234",
  ...sampleTraceStart,
  status: "completed",
  status_reason: null,
  started_at: "2026-01-02T03:04:05.678Z",
  ended_at: "2026-01-02T03:04:08.678Z",
  process: { pid: 1, start_time: null },
  artifacts: {},
  missing: [],
};

export function summaryOf(nodes: readonly TraceNode[] = sampleTrace(), over: Partial<TraceRun> = {}): TraceSummary {
  const wallMs = nodes.reduce((last, node) => Math.max(last, "end_ms" in node ? (node.end_ms ?? 0) : 0), 0) + 1000;
  return summarizeTrace({
    run: { ...traceRun, ...over },
    nodes,
    summary: traceSummaryRow(nodes, { wallMs, passed: { models: 1, other: 0 } }),
    reckoned: over.status === "interrupted",
    egress: { schema: "inferguard-egress/v1", authorities: [], denied: 0, denials: [] },
    missing: [],
  });
}
