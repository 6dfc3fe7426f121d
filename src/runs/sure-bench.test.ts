/** What is read without a second look: nothing that the readers by schema would read in another way. */
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { jsonLine, prettyJson } from "../json.ts";
import { readRows } from "./row-reader.ts";
import { rowSchemas } from "./row-schemas.ts";
import { readManifest } from "./run-manifest.ts";
import { sampleRequest, sampleStart, sampleTimeline } from "./sample-run.fixture.ts";
import { requestRowSchema } from "./schemas/request.ts";
import type { Run } from "./schemas/run.ts";
import { timelineRowSchema } from "./schemas/timeline.ts";
import { readSureBench } from "./sure-bench.ts";

let directory: string;
const file = (name: string) => join(directory, name);
const change = (changes: object) =>
  writeFileSync(
    file("run.json"),
    prettyJson({ ...(JSON.parse(readFileSync(file("run.json"), "utf8")) as Run), ...changes }),
  );

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "inferguard-sure-"));
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
  };
  writeFileSync(file("run.json"), prettyJson(run));
  writeFileSync(file("requests.jsonl"), [0, 1, 2].map((id) => jsonLine(sampleRequest(id))).join(""));
  writeFileSync(file("timeline.jsonl"), jsonLine(sampleTimeline));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("a bench that is over and sound", () => {
  it("is read as the readers by schema read it", async () => {
    expect(readSureBench(directory)).toEqual({
      run: await readManifest(directory),
      requests: (await readRows(directory, "requests.jsonl", requestRowSchema)).rows,
      timeline: (await readRows(directory, "timeline.jsonl", timelineRowSchema)).rows,
    });
  });

  it.each([["failed"], ["interrupted"]])("may have %s", (status) => {
    change({ status });
    expect(readSureBench(directory)?.run.status).toBe(status);
  });
});

describe("a second look is wanted by", () => {
  const doubts: [what: string, make: () => void][] = [
    ["a run that is not over", () => change({ status: "running" })],
    ["a field that is not known", () => change({ added: 1 })],
    ["a time that is none", () => change({ started_at: "2026-02-30T00:00:00Z" })],
    [
      "a newer release's rows",
      () => change({ artifacts: { ...rowSchemas, "requests.jsonl": "inferguard-request/v2" } }),
    ],
    ["a newer release's manifest", () => change({ schema: "inferguard-run/v2" })],
    ["a run of another command", () => change({ plan: { command: "trace" } })],
    ["a manifest that is no JSON", () => writeFileSync(file("run.json"), "{")],
    ["a manifest that is not there", () => rmSync(file("run.json"))],
    ["a row that was cut off", () => appendFileSync(file("requests.jsonl"), '{"id":')],
    [
      "a row with something added",
      () => appendFileSync(file("requests.jsonl"), jsonLine({ ...sampleRequest(3), x: 1 })),
    ],
    ["a row with a number too large for one", () => appendFileSync(file("timeline.jsonl"), '{"t_ms": 1e999}\n')],
    ["rows that are not there", () => rmSync(file("timeline.jsonl"))],
    ["rows in a pipe", () => (rmSync(file("timeline.jsonl")), spawnSync("mkfifo", [file("timeline.jsonl")]))],
    ["rows in a device", () => (rmSync(file("timeline.jsonl")), symlinkSync("/dev/zero", file("timeline.jsonl")))],
    ["rows of any number", () => truncateSync(file("timeline.jsonl"), 2 ** 40)],
  ];

  it.each(doubts)("%s", (_, make) => {
    expect(readSureBench(directory)).not.toBeNull();
    make();
    expect(readSureBench(directory)).toBeNull();
  });
});
