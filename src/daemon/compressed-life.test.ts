import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { compareWithTruth } from "./compare-life.fixture.ts";
import { liveThrough } from "./compressed-life.fixture.ts";
import type { LifePlan } from "./compressed-watch.fixture.ts";
import { makePlace, type WatchedPlace } from "./watcher.fixture.ts";

let place: WatchedPlace;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

/** Eight minutes in which everything happens. `npm run bench:daemon-day` lives a day. */
const plan: LifePlan = {
  seconds: 480,
  maxDiskBytes: 64 * 1024 * 1024,
  retainMs: 86_400_000,
  engineRestarts: [135],
  outages: [[200, 231]],
  kills: [307],
  wallSteps: [
    [350, 3_600_000],
    [395, -3_600_000],
  ],
};

it("keeps at each resolution what really happened, whatever happens to the engine, the clock and itself", async () => {
  const { truth, watcher, warnings } = await liveThrough(place, plan);
  await watcher.stop();
  const comparisons = {
    raw: await compareWithTruth(place.historyDirectory, "raw", truth, plan),
    "10s": await compareWithTruth(place.historyDirectory, "10s", truth, plan),
    "1m": await compareWithTruth(place.historyDirectory, "1m", truth, plan),
  };
  expect(comparisons).toMatchObject({
    // A second watcher scrapes in the second in which it starts; the last interval of the coarser levels is not over.
    raw: { differences: [], fromSecond: -1, toSecond: 480 },
    "10s": { differences: [], intervals: 48, toSecond: 470 },
    "1m": { differences: [], intervals: 8, toSecond: 420 },
  });
  expect(comparisons.raw.intervals).toBeGreaterThanOrEqual(481);
  expect(watcher.state()).toMatchObject({
    clock: { steps: 2, offset_ms: 0 },
    history: { stopped: null, lost_rows: 0 },
  });
  expect(warnings.filter((text) => text.includes("the wall clock was set"))).toHaveLength(2);

  const document = await watcher.show(480_000);
  expect(document.clock_steps.map(({ step_ms }) => step_ms)).toEqual([3_600_000, -3_600_000]);
  expect(document.endpoints[0]).toMatchObject({ restarts: 1, failed: 31 });
  const tokens = document.endpoints[0]?.series.find(({ name }) => name === "generation_tokens");
  // One token more at one moment would be seen.
  truth.tokens[100] = (truth.tokens[100] ?? 0) + 1;
  expect((await compareWithTruth(place.historyDirectory, "1m", truth, plan)).differences).toHaveLength(1);

  const all = truth.tokens.subarray(1, 481).reduce((sum, each) => sum + each, 0);
  // All but what the killed watcher had not yet written.
  expect(all).toBeGreaterThan(3000);
  expect(tokens?.kind === "rate" && tokens.increase).toBeGreaterThan(all - 2000);
  expect(tokens?.kind === "rate" && tokens.increase).toBeLessThanOrEqual(all);
});

it("stays within its bound on disk, and keeps what is coarse longest", async () => {
  const bound = 200 * 1024;
  const { truth, watcher } = await liveThrough(place, {
    ...{ ...plan, seconds: 300, maxDiskBytes: bound, engineRestarts: [], outages: [], kills: [], wallSteps: [] },
  });
  const bytes = readdirSync(place.historyDirectory).reduce(
    (sum, name) => sum + statSync(join(place.historyDirectory, name)).size,
    0,
  );
  expect(bytes).toBeLessThanOrEqual(bound);
  expect(watcher.state().history.bytes).toBe(bytes);
  await watcher.stop();
  const raw = await compareWithTruth(place.historyDirectory, "raw", truth, { ...plan, kills: [] });
  const minutes = await compareWithTruth(place.historyDirectory, "1m", truth, { ...plan, kills: [] });
  expect(truth.tokens.reduce((sum, each) => sum + each)).toBeGreaterThan(2000);
  expect(raw.differences).toEqual([]);
  expect(raw.fromSecond).toBeGreaterThan(200);
  expect(minutes).toMatchObject({ differences: [], fromSecond: -60, intervals: 5 });
});
