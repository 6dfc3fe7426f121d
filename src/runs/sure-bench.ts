/**
 * A bench that is over and has nothing wrong with it, without zod, whose loading takes longer than all else that is done
 * with one run. Whatever wants a second look is not read here: the readers that go by the schemas say what it is.
 */
import { join } from "node:path";
import { parseJsonLines } from "../json.ts";
import { artifact } from "./artifacts.ts";
import { readSmallFile } from "./read-small-file.ts";
import type { RequestRow } from "./schemas/request.ts";
import type { BenchRun, Run } from "./schemas/run.ts";
import type { TimelineRow } from "./schemas/timeline.ts";
import { checkOf, type Shape } from "./shape.ts";
import { requestRowShape, rowSchemas, runShape, timelineRowShape } from "./sure-shapes.ts";

export interface SureBench {
  run: BenchRun;
  requests: RequestRow[];
  timeline: TimelineRow[];
}

/** Null when any of it is not surely as the schemas want it, is large, or the run is not over, or is no bench. */
export function readSureBench(directory: string): SureBench | null {
  const read = (name: string) => readSmallFile(join(directory, name), longestBytes).toString();
  try {
    const run = runIn(read(artifact.run));
    if (run === null) return null;
    const requests = rowsIn(read(artifact.requests), requestRowShape) as RequestRow[] | null;
    const timeline = rowsIn(read(artifact.timeline), timelineRowShape) as TimelineRow[] | null;
    return requests === null || timeline === null ? null : { run, requests, timeline };
  } catch {
    return null;
  }
}

const longestBytes = 16 * 1024 * 1024;

function runIn(text: string): BenchRun | null {
  const value: unknown = JSON.parse(text);
  if (!checkOf(runShape)(value)) return null;
  const run = value as Run;
  const isOfThisRelease = Object.entries(run.artifacts).every(([name, schema]) => rowSchemas[name] === schema);
  return isOfThisRelease && isBench(run) && run.status !== "running" ? run : null;
}

function isBench(run: Run): run is BenchRun {
  return run.plan.command === "bench";
}

function rowsIn(text: string, shape: Shape): unknown[] | null {
  const isSurelyRow = checkOf(shape);
  const rows: unknown[] = [];
  for (const parsed of parseJsonLines(text)) {
    if ("error" in parsed || !isSurelyRow(parsed.value)) return null;
    rows.push(parsed.value);
  }
  return rows;
}
