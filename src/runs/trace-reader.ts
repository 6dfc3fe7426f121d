/** Reads a run of `trace` back, whatever state it is in: every node that is whole, and a sentence for each thing that is not. */
import { exitCode, UserError } from "../errors.ts";
import { artifact } from "./artifacts.ts";
import { readEgress } from "./egress-reader.ts";
import { readRows } from "./row-reader.ts";
import { readManifest } from "./run-manifest.ts";
import { agentTraceRowSchema, type TraceNode, type TraceSummaryRow } from "./schemas/agent-trace.ts";
import type { EgressRecord } from "./schemas/egress.ts";
import type { Run, TraceRun } from "./schemas/run.ts";

export interface TraceData {
  directory: string;
  run: TraceRun;
  /** By id: in the order of their beginnings. */
  nodes: TraceNode[];
  /** Null where the run did not end in good order. */
  summary: TraceSummaryRow | null;
  /** Null when there is none that can be read; `missing` says why, unless the run is still running. */
  egress: EgressRecord | null;
  /** What the run itself says is missing, and what this reading had to leave out. */
  missing: Run["missing"];
}

/** @throws UserError (exit code 3) when the directory holds no run, one of another command, or one with a newer schema. */
export async function readTraceRun(directory: string): Promise<TraceData> {
  const run = await readManifest(directory);
  if (!isTraceRun(run))
    throw new UserError(`${run.run_id} is a run of ${run.plan.command}, not of trace`, {
      exitCode: exitCode.cannotRun,
      hint: `\`inferguard runs show ${run.run_id}\` says what is in it`,
    });
  const { rows, missing } = await readRows(directory, artifact.agentTrace, agentTraceRowSchema);
  const nodes = rows.filter((row) => row.event === "node").sort((a, b) => a.id - b.id);
  const egress = await readEgress(directory, run);
  return {
    directory,
    run,
    nodes,
    summary: rows.findLast((row) => row.event === "summary") ?? null,
    egress: egress.egress,
    missing: [...run.missing, ...missing, ...egress.missing],
  };
}

function isTraceRun(run: Run): run is TraceRun {
  return run.plan.command === "trace";
}
