/** Reads a run of `bench` back, whatever state it is in: every row that is whole, and a sentence for each thing that is not. */
import { exitCode, UserError } from "../errors.ts";
import { artifact } from "./artifacts.ts";
import { readEgress } from "./egress-reader.ts";
import { readRows } from "./row-reader.ts";
import { readManifest } from "./run-manifest.ts";
import { type ClientRow, clientRowSchema } from "./schemas/client.ts";
import type { EgressRecord } from "./schemas/egress.ts";
import { type GapsRow, gapsRowSchema } from "./schemas/gaps.ts";
import { type RequestRow, requestRowSchema } from "./schemas/request.ts";
import type { BenchRun, Run } from "./schemas/run.ts";
import { type TimelineRow, timelineRowSchema } from "./schemas/timeline.ts";

export interface RunData {
  directory: string;
  run: BenchRun;
  requests: RequestRow[];
  gaps: GapsRow[];
  client: ClientRow[];
  timeline: TimelineRow[];
  /** Null when there is none that can be read; `missing` says why, unless the run is still running. */
  egress: EgressRecord | null;
  /** What the run itself says is missing, and what this reading had to leave out. */
  missing: Run["missing"];
}

/** @throws UserError (exit code 3) when the directory holds no run, one of another command, or one with a newer schema. */
export async function readBenchRun(directory: string): Promise<RunData> {
  const run = await readManifest(directory);
  if (!isBenchRun(run)) throw notOfBench(run);
  const requests = await readRows(directory, artifact.requests, requestRowSchema);
  const gaps = await readRows(directory, artifact.gaps, gapsRowSchema);
  const client = await readRows(directory, artifact.client, clientRowSchema);
  const timeline = await readRows(directory, artifact.timeline, timelineRowSchema);
  const { egress, missing } = await readEgress(directory, run);
  return {
    directory,
    run,
    requests: requests.rows,
    gaps: gaps.rows,
    client: client.rows,
    timeline: timeline.rows,
    egress,
    missing: [...run.missing, ...requests.missing, ...gaps.missing, ...client.missing, ...timeline.missing, ...missing],
  };
}

function isBenchRun(run: Run): run is BenchRun {
  return run.plan.command === "bench";
}

function notOfBench({ run_id, plan }: Run): UserError {
  return new UserError(`${run_id} is a run of ${plan.command}, not of bench`, {
    exitCode: exitCode.cannotRun,
    hint: `\`inferguard runs show ${run_id}\` says what is in it`,
  });
}
