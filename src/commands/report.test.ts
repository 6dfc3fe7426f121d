import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exitCode, type UserError } from "../errors.ts";
import { createRun } from "../runs/run-writer.ts";
import { sampleEgress, sampleRequest, sampleStart } from "../runs/sample-run.fixture.ts";
import { sampleTrace, sampleTraceStart } from "../runs/sample-trace.fixture.ts";
import { report } from "./report.ts";
import { formatsOf } from "./report/formats.ts";

let runsDir: string;
beforeEach(async () => {
  runsDir = await mkdtemp(join(tmpdir(), "inferguard-report-"));
});
afterEach(() => rm(runsDir, { recursive: true, force: true }));

async function traced(): Promise<string> {
  const writer = await createRun(runsDir, sampleTraceStart, expect.fail);
  for (const node of sampleTrace()) writer.append("agentTrace", node);
  await writer.writeEgress(sampleEgress);
  await writer.finish({ status: "completed", status_reason: null, missing: [] });
  return writer.runId;
}

async function benched(): Promise<string> {
  const writer = await createRun(runsDir, sampleStart, expect.fail);
  writer.append("requests", sampleRequest(0));
  await writer.writeEgress(sampleEgress);
  await writer.finish({ status: "completed", status_reason: null, missing: [] });
  return writer.runId;
}

describe("the report of a run of trace", () => {
  it.each(formatsOf.trace.filter((format) => format !== "terminal"))("has the format %s", async (format) => {
    const rendered = await report({ runsDir, run: await traced(), format });
    expect(rendered).toHaveProperty("text", expect.stringMatching(/\S[^]*\n$/));
  });

  it("says what a format had to leave out, and only then", async () => {
    const run = await traced();
    expect(await report({ runsDir, run, format: "mooncake" })).toMatchObject({
      remark: expect.stringMatching(/^1 of 5 calls is left out/) as string,
    });
    expect(await report({ runsDir, run, format: "csv" })).toMatchObject({ remark: null });
  });

  it("marks its times as inferred where the run has no closing row", async () => {
    const rendered = await report({ runsDir, run: await traced(), format: "json" });
    const { time, passed } = JSON.parse("text" in rendered ? rendered.text : "{}") as {
      time: Record<string, unknown>;
      passed: unknown;
    };
    // Up to the last thing that is known: a tool that was asked for at 2 s.
    expect(time).toMatchObject({ wall_ms: 2000, model_ms: 1350, claim: "inferred" });
    expect(passed).toBeNull();
  });
});

describe("the report of a run of bench", () => {
  it.each(formatsOf.bench)("has the format %s", async (format) => {
    expect(Object.keys(await report({ runsDir, run: await benched(), format }))[0]).toMatch(/^(view|text)$/);
  });

  it.each(["html", "dot", "weka"] as const)("has no %s, and says what it has", async (format) => {
    const refusal = await report({ runsDir, run: await benched(), format }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ exitCode: exitCode.usage, hint: "it has terminal, md, json, csv" });
    expect((refusal as UserError).message).toMatch(new RegExp(`is a run of bench, which has no --format ${format}`));
  });
});
