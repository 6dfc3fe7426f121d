import { rmSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { liveThrough } from "../../daemon/compressed-life.fixture.ts";
import { makePlace, type WatchedPlace } from "../../daemon/watcher.fixture.ts";
import { terminalLines } from "../../report/terminal.ts";
import type { DaemonPlan } from "../../runs/schemas/daemon-plan.ts";
import { showSchema } from "../../runs/schemas/daemon.ts";
import { renderDaemon } from "./render-daemon.ts";

let place: WatchedPlace;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const plan: DaemonPlan = {
  command: "daemon",
  metrics: ["/metrics", "/dcgm/metrics"].map((path) => ({
    ...{ role: "engine", origin: "http://127.0.0.1:9", path, flag: "--metrics-url" as const },
  })),
  ...{ scrape_interval_ms: 1000, retain_ms: 86_400_000, max_disk_bytes: 1e8, gpus: null },
};
const run = { run_id: "20260101-000000-daemon-abcdef", plan };

it("shows a daemon's run from its history alone, as long as nobody watches and while somebody does", async () => {
  const quiet = { engineRestarts: [], outages: [], kills: [], wallSteps: [] };
  const { truth, watcher } = await liveThrough(place, { ...quiet, seconds: 130, retainMs: 1e9, maxDiskBytes: 1e8 });
  const tokens = truth.tokens.subarray(1, 131).reduce((sum, each) => sum + each, 0);
  const read = async () => {
    const rendered = await renderDaemon(run, place.directory, "json");
    return showSchema.parse(JSON.parse("text" in rendered ? rendered.text : ""));
  };
  const tokensOf = ({ endpoints }: Awaited<ReturnType<typeof read>>) =>
    endpoints[0]?.series.find(({ name }) => name === "generation_tokens");
  expect(tokensOf(await read())).toMatchObject({ increase: expect.any(Number) as number });
  await watcher.stop();
  const document = await read();
  expect(tokensOf(document)).toMatchObject({ kind: "rate", increase: tokens, covered_ms: 130_000 });
  expect(document.endpoints.map(({ samples, failed }) => [samples, failed])).toEqual([
    [131, 0],
    [131, 0],
  ]);
  const rendered = await renderDaemon(run, place.directory, "terminal");
  const lines = "view" in rendered ? terminalLines(rendered.view, { width: 100, unicode: true, colour: false }) : [];
  expect(lines.join("\n")).toContain("0: engine, vllm at http://127.0.0.1:9/metrics");
});

it("says when there is no history, and which forms there are", async () => {
  rmSync(place.historyDirectory, { recursive: true, force: true });
  await expect(renderDaemon(run, place.directory, "terminal")).rejects.toThrow("has no history");
  await expect(renderDaemon(run, place.directory, "csv")).rejects.toThrow("has no --format csv");
});
