/** For tests and measurements: the real watcher on a clock that is moved by hand, as fast as it has done its work. */
import type { HttpClient } from "../net/http-client.ts";
import type { EngineLife } from "./compressed-engine.fixture.ts";
import { createVirtualClock } from "./virtual-clock.fixture.ts";
import type { WatchedPlace } from "./watcher.fixture.ts";
import { createWatcher, type Watcher, type WatchTarget } from "./watcher.ts";

/** All of it in seconds from the beginning. */
export interface LifePlan extends EngineLife {
  maxDiskBytes: number;
  retainMs: number;
  /** The watcher is killed, and another one started at once. */
  kills: readonly number[];
  wallSteps: readonly (readonly [atSecond: number, byMs: number])[];
}

export interface WatchedPages {
  /** An engine's and an exporter's. */
  targets: readonly [WatchTarget, WatchTarget];
  /** Its moments are those of the clock that it is given. */
  clientOf(this: void, nowMs: () => number): HttpClient;
}

/** One watcher, which is killed by nobody. */
export interface CompressedWatch {
  watcher: Watcher;
  warnings: string[];
  /** Resolves when everything of that second has been done. */
  liveUntil(second: number, eachSecond?: (second: number) => void): Promise<void>;
}

export const lifeBeganMs = Date.UTC(2026, 0, 1);
/** Two endpoints, the runs directory, and the disk. */
const loops = 4;

/** Starts a watcher at that second of the life, which it goes on with. */
export async function openCompressedWatch(
  { runsDir, historyDirectory }: Pick<WatchedPlace, "runsDir" | "historyDirectory">,
  plan: LifePlan,
  { targets, clientOf }: WatchedPages,
  fromSecond: number,
): Promise<CompressedWatch> {
  const clock = createVirtualClock(lifeBeganMs, fromSecond * 1000);
  for (const [at, byMs] of plan.wallSteps) if (at <= fromSecond) clock.setWall(byMs);
  const warnings: string[] = [];
  const watcher = createWatcher({
    ...{ targets, runsDir, historyDirectory, clock, client: clientOf(clock.monotonicMs), intervalMs: 1000 },
    ...{ retainMs: plan.retainMs, maxDiskBytes: plan.maxDiskBytes },
    // By the real clock, which says nothing here: only a server that is gone for good is to end it.
    limits: { connectTimeoutMs: 600_000, requestTimeoutMs: 600_000, idleTimeoutMs: 600_000 },
    warn: (text) => warnings.push(text),
  });
  await watcher.start();
  // Its first scrape is at once.
  await clock.settled(loops);
  clock.advance();
  await clock.settled(loops);
  let lived = fromSecond;
  return {
    watcher,
    warnings,
    async liveUntil(toSecond, eachSecond = () => {}) {
      while (lived < toSecond) {
        lived++;
        clock.advance();
        await clock.settled(loops);
        for (const [at, byMs] of plan.wallSteps) if (at === lived) clock.setWall(byMs);
        eachSecond(lived);
      }
    },
  };
}
