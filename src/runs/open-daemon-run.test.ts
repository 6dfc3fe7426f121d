import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDaemonRun } from "./open-daemon-run.ts";
import { readManifest } from "./run-manifest.ts";
import type { RunEnd, RunStart } from "./run-writer.ts";
import { sampleStart } from "./sample-run.fixture.ts";
import type { DaemonPlan } from "./schemas/daemon-plan.ts";

let runsDir: string;
beforeEach(() => {
  runsDir = mkdtempSync(join(tmpdir(), "inferguard-daemon-run-"));
});
afterEach(() => rmSync(runsDir, { recursive: true, force: true }));

const plan: DaemonPlan = {
  command: "daemon",
  metrics: [{ role: "engine", origin: "http://127.0.0.1:8000", path: "/metrics", flag: "--metrics-url" }],
  scrape_interval_ms: 1000,
  retain_ms: 86_400_000,
  max_disk_bytes: 1e8,
  gpus: null,
};
const start = (changes: Partial<DaemonPlan> = {}): RunStart => ({ ...sampleStart, plan: { ...plan, ...changes } });
const open = (changes: Partial<DaemonPlan> = {}) => openDaemonRun(runsDir, start(changes), () => {});
const over: RunEnd = { status: "completed", status_reason: null, missing: [] };

describe("a daemon's run", () => {
  it("goes on when a daemon that watches the same is started again, with the plan of now", async () => {
    const first = await open();
    await first.finish({ ...over, status: "interrupted", status_reason: "stopped" });
    const second = await open({ retain_ms: 1000 });
    expect(second.directory).toBe(first.directory);
    expect(await readManifest(second.directory)).toMatchObject({
      status: "running",
      status_reason: null,
      ended_at: null,
      process: { pid: process.pid },
      plan: { retain_ms: 1000 },
    });
    expect(await second.finish(over)).toMatchObject({ run_id: first.runId, status: "completed" });
    expect(readdirSync(second.directory).sort()).toEqual(["noise.seed", "run.json"]);
  });

  it("is another one while the first still runs, for other endpoints, and where the first cannot be read", async () => {
    const first = await open();
    const beside = await open();
    expect(beside.directory).not.toBe(first.directory);
    await first.finish(over);
    await beside.finish(over);
    const other = await open({ metrics: [] });
    expect([first.directory, beside.directory]).not.toContain(other.directory);
    for (const { directory } of [first, beside]) writeFileSync(join(directory, "run.json"), "{");
    const again = await open();
    expect([first.directory, beside.directory]).not.toContain(again.directory);
  });
});
