import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { artifact } from "./artifacts.ts";
import { createRun } from "./run-writer.ts";
import { sampleEgress, sampleStart } from "./sample-run.fixture.ts";
import { sampleTrace, sampleTraceStart } from "./sample-trace.fixture.ts";
import { agentTraceRowSchema } from "./schemas/agent-trace.ts";
import { readTraceRun } from "./trace-reader.ts";
import { traceSummaryRow } from "./trace-summary.ts";

let runsDir: string;
let directory: string;

const closing = traceSummaryRow(sampleTrace(), { wallMs: 3000, passed: { models: 1, other: 2 } });

beforeEach(async () => {
  runsDir = await mkdtemp(join(tmpdir(), "inferguard-runs-"));
  const writer = await createRun(runsDir, sampleTraceStart, expect.fail);
  directory = writer.directory;
  // In the order of ends, as the recorder writes them.
  for (const node of sampleTrace().toReversed()) writer.append("agentTrace", node);
  writer.append("agentTrace", closing);
  await writer.writeEgress(sampleEgress);
  await writer.finish({ status: "completed", status_reason: null, missing: [] });
});
afterEach(() => rm(runsDir, { recursive: true, force: true }));

const rows = () => join(directory, artifact.agentTrace);

describe("the sample", () => {
  it("is a trace by the schema", () => {
    for (const row of [...sampleTrace(), closing]) expect(agentTraceRowSchema.parse(row)).toEqual(row);
  });
});

describe("reading a trace", () => {
  it("gives the nodes in the order of their beginnings, and the closing row", async () => {
    const { nodes, summary, egress, missing } = await readTraceRun(directory);
    expect(nodes).toEqual(sampleTrace());
    expect(summary).toEqual(closing);
    expect(egress).toEqual(sampleEgress);
    expect(missing).toEqual([]);
  });

  it("leaves out a torn last line and says so", async () => {
    await appendFile(rows(), '{"event":"node","id":99,"ki');
    const { nodes, missing } = await readTraceRun(directory);
    expect(nodes).toHaveLength(sampleTrace().length);
    expect(missing).toEqual([{ what: artifact.agentTrace, why: expect.stringContaining("torn") as string }]);
  });

  it("drops fields that a newer minor release added, and leaves out a kind that it does not know", async () => {
    const [first] = sampleTrace();
    await appendFile(rows(), `${JSON.stringify({ ...first, id: 50, new_field: 1 })}\n`);
    await appendFile(rows(), `${JSON.stringify({ ...first, id: 51, kind: "thought" })}\n`);
    const { nodes, missing } = await readTraceRun(directory);
    expect(nodes.at(-1)).toEqual({ ...first, id: 50 });
    expect(missing).toHaveLength(1);
  });

  it("has no summary where the run was killed", async () => {
    const text = await readFile(rows(), "utf8");
    await writeFile(rows(), `${text.trimEnd().split("\n").slice(0, -1).join("\n")}\n`);
    expect((await readTraceRun(directory)).summary).toBeNull();
  });

  it("refuses a run of another command", async () => {
    const bench = await createRun(runsDir, sampleStart, expect.fail);
    await bench.finish({ status: "completed", status_reason: null, missing: [] });
    await expect(readTraceRun(bench.directory)).rejects.toThrow("is a run of bench, not of trace");
  });
});

describe("a trace's closing row", () => {
  it("shares the run's length among model calls, tools beside none, and neither", () => {
    const { wall_ms, model_ms, tool_ms, waiting_ms } = closing;
    // The sub-agent's call lies within a tool, and is the model's.
    expect({ wall_ms, model_ms, tool_ms, waiting_ms }).toEqual({
      wall_ms: 3000,
      model_ms: 1350,
      tool_ms: 300,
      waiting_ms: 1350,
    });
    expect(model_ms + tool_ms + waiting_ms).toBe(wall_ms);
  });

  it("sums tokens over the calls that the server counted, and has none where it counted none", () => {
    expect(closing).toMatchObject({
      input_tokens: 850,
      output_tokens: 160,
      cached_tokens: 128,
      reasoning_tokens: null,
    });
    expect(closing).toMatchObject({ errors: 1, cancelled: 0, conversations: 2 });
  });

  it("has zero lengths and no token for a run without a node", () => {
    const empty = traceSummaryRow([], { wallMs: 0, passed: { models: 0, other: 0 } });
    expect(empty).toMatchObject({ wall_ms: 0, model_ms: 0, tool_ms: 0, waiting_ms: 0, input_tokens: null });
  });
});
