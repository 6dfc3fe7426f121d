/** Writes the directory of a run for tests, whose every string and number the test decides. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jsonLine, prettyJson } from "../json.ts";
import { sampleStart } from "../runs/sample-run.fixture.ts";
import { rowSchemas } from "../runs/row-schemas.ts";
import type { Run } from "../runs/schemas/run.ts";
import type { TextRow } from "../runs/schemas/text.ts";
import type { RunNumbers } from "../posture/payload-facts.ts";
import { sampleRun } from "../posture/payload-run.fixture.ts";
import type { TraceNode } from "../runs/schemas/agent-trace.ts";
import type { TracePlan } from "../runs/schemas/trace-plan.ts";

export interface WrittenRun extends RunNumbers {
  /** Null: there is no such file. */
  seed: Uint8Array | null;
  manifest?: Partial<Run>;
  text?: readonly TextRow[];
}

export const sampleSeed = new Uint8Array(32).fill(9);

export function writeRun(directory: string, { plan, requests, timeline, seed, manifest, text }: WrittenRun): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const write = (name: string, bytes: string | Uint8Array) =>
    writeFileSync(join(directory, name), bytes, { mode: 0o600 });
  const run: Run = {
    ...sampleStart,
    schema: "inferguard-run/v1",
    run_id: "20260102-030405-bench-abc123",
    status: "completed",
    status_reason: null,
    started_at: "2026-01-02T03:04:05.678Z",
    ended_at: "2026-01-02T03:05:05.678Z",
    process: { pid: 2 ** 30, start_time: null },
    artifacts: rowSchemas,
    missing: [],
    plan,
    ...manifest,
  };
  write("run.json", prettyJson(run));
  write("requests.jsonl", requests.map(jsonLine).join(""));
  write("timeline.jsonl", timeline.map(jsonLine).join(""));
  if (seed !== null) write("noise.seed", seed);
  if (text !== undefined) write("text.jsonl", text.map(jsonLine).join(""));
}

/** The same of a run of trace. */
export function writeTraceRun(
  directory: string,
  { plan, nodes, seed }: { plan: TracePlan; nodes: readonly TraceNode[]; seed: Uint8Array },
): void {
  writeRun(directory, {
    ...sampleRun({ requests: 1 }),
    seed,
    manifest: { plan, run_id: "20260102-030405-trace-abc123" },
  });
  writeFileSync(join(directory, "agent-trace.jsonl"), nodes.map(jsonLine).join(""), { mode: 0o600 });
}
