import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exitCode, UserError } from "../errors.ts";
import { artifact } from "./artifacts.ts";
import { ownIdentity } from "./process-identity.ts";
import { readBenchRun } from "./run-reader.ts";
import { createRun } from "./run-writer.ts";
import { sampleEgress, sampleRequest, sampleStart } from "./sample-run.fixture.ts";
import type { Run } from "./schemas/run.ts";

let runsDir: string;
let directory: string;

beforeEach(async () => {
  runsDir = await mkdtemp(join(tmpdir(), "inferguard-runs-"));
  const writer = await createRun(runsDir, sampleStart, expect.fail);
  directory = writer.directory;
  for (let id = 0; id < 10; id++) writer.append("requests", sampleRequest(id));
  await writer.writeEgress(sampleEgress);
  await writer.finish({ status: "completed", status_reason: null, missing: [] });
});
afterEach(() => rm(runsDir, { recursive: true, force: true }));

const pathOf = (name: string) => join(directory, name);

async function editManifest(change: (run: Run & Record<string, unknown>) => object): Promise<void> {
  const run = JSON.parse(await readFile(pathOf(artifact.run), "utf8")) as Run & Record<string, unknown>;
  await writeFile(pathOf(artifact.run), JSON.stringify(change(run)));
}

async function refusal(): Promise<unknown> {
  const thrown = await readBenchRun(directory).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(UserError);
  expect(thrown).toMatchObject({ exitCode: exitCode.cannotRun });
  return (thrown as UserError).message;
}

describe("reading a whole run", () => {
  it("finds nothing missing", async () => {
    const { requests, egress, missing } = await readBenchRun(directory);
    expect(requests).toHaveLength(10);
    expect(egress).toEqual(sampleEgress);
    expect(missing).toEqual([]);
  });

  it("drops fields that a newer minor release added, and keeps their rows", async () => {
    await appendFile(pathOf(artifact.requests), `${JSON.stringify({ ...sampleRequest(10), new_field: 1 })}\n`);
    await editManifest((run) => ({ ...run, new_field: 1 }));
    const { requests, missing } = await readBenchRun(directory);
    expect(requests[10]).toEqual(sampleRequest(10));
    expect(missing).toEqual([]);
  });

  it("reads a file that is longer than one piece of the reading", async () => {
    const rows = Array.from({ length: 20_000 }, (_, id) => `${JSON.stringify(sampleRequest(id))}\n`);
    await writeFile(pathOf(artifact.requests), `${rows.join("")}not JSON\n`);
    const { requests, missing } = await readBenchRun(directory);
    expect(requests.map(({ id }) => id)).toEqual(rows.map((_, id) => id));
    expect(missing).toEqual([{ what: "requests.jsonl", why: "1 row left out: line 20001 (not JSON)" }]);
  });
});

describe("reading a damaged run", () => {
  it("keeps the rows before a torn last line", async () => {
    await truncate(pathOf(artifact.requests), (await readFile(pathOf(artifact.requests))).length - 20);
    const { requests, missing } = await readBenchRun(directory);
    expect(requests).toHaveLength(9);
    expect(missing).toEqual([
      { what: "requests.jsonl", why: "1 row left out: line 10 (torn: its writer was stopped half-way)" },
    ]);
  });

  it("leaves bad rows in the middle out, counts them and says which lines they were", async () => {
    const lines = (await readFile(pathOf(artifact.requests), "utf8")).split("\n");
    lines[2] = "{";
    lines[4] = JSON.stringify({ ...sampleRequest(4), sent_ms: "soon" });
    lines[6] = "[]";
    await writeFile(pathOf(artifact.requests), lines.join("\n"));
    const { requests, missing } = await readBenchRun(directory);
    expect(requests.map(({ id }) => id)).toEqual([0, 1, 3, 5, 7, 8, 9]);
    expect(missing).toHaveLength(1);
    expect(missing[0]?.why).toMatch(/^3 rows left out: line 3 \(not JSON\), line 5 \(sent_ms: .*\), line 7 /);
    expect(missing[0]?.why).not.toContain("soon");
  });

  it("names the files that are not there", async () => {
    await rm(pathOf(artifact.requests));
    await rm(pathOf(artifact.egress));
    const { requests, egress, missing } = await readBenchRun(directory);
    expect([requests, egress]).toEqual([[], null]);
    expect(missing).toEqual([
      { what: "requests.jsonl", why: "it does not exist (ENOENT)" },
      { what: "egress.json", why: "the run ended before it was written" },
    ]);
  });

  it("is not held up by a pipe in a file's place", async () => {
    await rm(pathOf(artifact.gaps));
    expect(spawnSync("mkfifo", [pathOf(artifact.gaps)]).status).toBe(0);
    expect((await readBenchRun(directory)).missing).toEqual([{ what: "gaps.jsonl", why: "it is not a regular file" }]);
  });

  it("is not held up by a line without an end", async () => {
    await appendFile(pathOf(artifact.requests), "1".repeat(10_000_000));
    const { requests, missing } = await readBenchRun(directory);
    expect(requests).toHaveLength(10);
    expect(missing[0]?.why).toMatch(/^a line is longer than \d+ bytes, after 10 rows$/);
  });
});

describe("a directory that holds no run", () => {
  it("is refused without a run.json", async () => {
    await rm(pathOf(artifact.run));
    expect(await refusal()).toBe(`cannot read ${pathOf("run.json")}: it does not exist (ENOENT)`);
  });

  it.each(["", "{", "[]", "null", '{"schema": "something-else/v1"}'])("is refused with %j in it", async (text) => {
    await writeFile(pathOf(artifact.run), text);
    expect(await refusal()).toContain(`cannot read ${pathOf("run.json")}: `);
  });

  it("is refused with a manifest that lacks something, which is named", async () => {
    await editManifest((run) => ({ ...run, plan: undefined }));
    expect(await refusal()).toContain("plan: ");
  });
});

describe("a newer major schema", () => {
  it("is named and refused in run.json", async () => {
    await editManifest((run) => ({ ...run, schema: "inferguard-run/v2", plan: "of another kind" }));
    expect(await refusal()).toBe(
      `${pathOf("run.json")} has the schema inferguard-run/v2, and this InferGuard reads up to inferguard-run/v1`,
    );
  });

  it("is named and refused in the rows", async () => {
    await editManifest((run) => ({ ...run, artifacts: { ...run.artifacts, "gaps.jsonl": "inferguard-gaps/v3" } }));
    expect(await refusal()).toContain("gaps.jsonl has the schema inferguard-gaps/v3");
  });

  it("is named and refused in egress.json", async () => {
    await writeFile(pathOf(artifact.egress), JSON.stringify({ schema: "inferguard-egress/v10" }));
    expect(await refusal()).toContain("egress.json has the schema inferguard-egress/v10");
  });
});

describe("a run that says it is running", () => {
  const runningAs = (identity: Run["process"]) =>
    editManifest((run) => ({ ...run, status: "running", ended_at: null, process: identity }));

  it("is running while its process is", async () => {
    await runningAs(ownIdentity());
    expect((await readBenchRun(directory)).run.status).toBe("running");
  });

  it("is interrupted when its process is gone", async () => {
    const child = spawn(process.execPath, ["-e", "0"]);
    await once(child, "exit");
    await runningAs({ pid: child.pid ?? 0, start_time: null });
    const { run } = await readBenchRun(directory);
    expect(run.status).toBe("interrupted");
    expect(run.status_reason).toContain(`${child.pid}`);
  });

  it.runIf(process.platform === "linux")("is interrupted when its pid belongs to another process now", async () => {
    await runningAs({ pid: process.pid, start_time: "1" });
    expect((await readBenchRun(directory)).run.status).toBe("interrupted");
  });
});
