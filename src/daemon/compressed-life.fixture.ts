/**
 * For tests and measurements: the life of a simulated engine on a clock that is moved by hand, watched by the real
 * watcher. What happened in each second is written down beside it from the simulation's own events, never from a page.
 */
import { createVllmExposition } from "../mimic/expositions/vllm.ts";
import { renderDcgm } from "../mimic/expositions/dcgm.ts";
import { profiles } from "../mimic/profiles.ts";
import { createSimulation } from "../mimic/simulation.ts";
import type { SimulationEvent } from "../mimic/simulation/events.ts";
import type { EngineProfile } from "../mimic/simulation/profile.ts";
import type { Exchange, HttpClient } from "../net/http-client.ts";
import { seededRandom } from "../random.ts";
import { createVirtualClock } from "./virtual-clock.fixture.ts";
import { targetAt, type WatchedPlace } from "./watcher.fixture.ts";
import { createWatcher, type Watcher } from "./watcher.ts";

/** All of it in seconds from the beginning. */
export interface LifePlan {
  seconds: number;
  maxDiskBytes: number;
  retainMs: number;
  engineRestarts: readonly number[];
  /** The endpoints refuse connections, from and to. */
  outages: readonly (readonly [number, number])[];
  /** The watcher is killed, and another one started at once. */
  kills: readonly number[];
  wallSteps: readonly (readonly [atSecond: number, byMs: number])[];
}

/** For each second, what was done in it and how many requests ran at its end. */
export interface LifeTruth {
  tokens: Float64Array;
  finished: Float64Array;
  /** Times to first token: how many, their sum, and how many of them were at most 250 ms. */
  firstTokens: Float64Array;
  firstTokenMs: Float64Array;
  firstTokensWithin250Ms: Float64Array;
  running: Float64Array;
  /** Whether the page could be had at the end of that second. */
  scraped: Uint8Array;
}

export interface Life {
  truth: LifeTruth;
  watcher: Watcher;
  warnings: string[];
}

export const lifeBeganMs = Date.UTC(2026, 0, 1);
/** Two endpoints, the runs directory, and the disk. */
const loops = 4;

/** @param eachHour called after each hour of that life */
export async function liveThrough(
  place: WatchedPlace,
  plan: LifePlan,
  eachHour: (hour: number, watcher: Watcher) => Promise<void> | void = () => {},
): Promise<Life> {
  const clock = createVirtualClock(lifeBeganMs);
  const truth = emptyTruth(plan.seconds);
  const engine = createEngine(truth);
  const client = clientOf(clock.monotonicMs, (path, second) => {
    if (plan.outages.some(([from, to]) => second >= from && second < to)) return null;
    return engine.page(path, second);
  });
  const warnings: string[] = [];
  const open = async () => {
    const watcher = createWatcher({
      ...{ client, clock, intervalMs: 1000, retainMs: plan.retainMs, maxDiskBytes: plan.maxDiskBytes },
      targets: [targetAt(9), targetAt(9, "/dcgm/metrics", "gpu")],
      runsDir: place.runsDir,
      historyDirectory: place.historyDirectory,
      limits: { connectTimeoutMs: 1000, requestTimeoutMs: 1000, idleTimeoutMs: 1000 },
      warn: (text) => warnings.push(text),
    });
    await watcher.start();
    // Its first scrape is at once.
    await clock.settled(loops);
    clock.advance();
    await clock.settled(loops);
    return watcher;
  };

  let watcher = await open();
  for (let second = 1; second <= plan.seconds; second++) {
    clock.advance();
    await clock.settled(loops);
    if (plan.engineRestarts.includes(second)) engine.restart(second);
    for (const [at, byMs] of plan.wallSteps) if (at === second) clock.setWall(byMs);
    if (plan.kills.includes(second)) {
      clock.forget();
      const killed = watcher;
      watcher = await open();
      // The system would have closed its files; what it may still write comes too late to be gone on from.
      await killed.stop();
    }
    if (second % 3600 === 0) await eachHour(second / 3600, watcher);
  }
  return { truth, watcher, warnings };
}

function emptyTruth(seconds: number): LifeTruth {
  const perSecond = () => new Float64Array(seconds + 2);
  return {
    ...{ tokens: perSecond(), finished: perSecond(), firstTokens: perSecond(), firstTokenMs: perSecond() },
    ...{ firstTokensWithin250Ms: perSecond(), running: perSecond(), scraped: new Uint8Array(seconds + 2) },
  };
}

/** An engine whose load rises and falls over each two hours, with requests that come as they like. */
function createEngine(truth: LifeTruth) {
  const profile = profiles.find(({ name }) => name === "demo") as EngineProfile;
  const random = seededRandom("a compressed life");
  let begunMs = 0;
  let simulation = createSimulation(profile, 1);
  let exposition = createVllmExposition(profile, "mimic", 1);
  let requests = 0;
  let nextMs = 0;

  const note = (event: SimulationEvent) => {
    exposition.observe(event);
    const second = Math.min(truth.tokens.length - 1, Math.ceil((begunMs + event.atMs) / 1000));
    const add = (to: Float64Array, by: number) => (to[second] = (to[second] ?? 0) + by);
    if (event.kind === "finished") add(truth.finished, 1);
    if (event.kind !== "tokens") return;
    add(truth.tokens, event.tokens);
    if (event.gapMs !== null) return;
    const ms = event.atMs - event.arrivedMs;
    add(truth.firstTokens, 1);
    add(truth.firstTokenMs, ms);
    if (ms <= 250) add(truth.firstTokensWithin250Ms, 1);
  };
  const runTo = (atMs: number) => {
    for (; nextMs <= atMs; nextMs += random.exponential() * 1000 * (4 + 3 * Math.sin(nextMs / 1.1e6)))
      simulation.submit({
        id: `r${requests++}`,
        nowMs: Math.max(0, nextMs - begunMs),
        inputTokens: 50 + random.integer(1000),
        outputTokens: 1 + random.integer(80),
      });
    for (const event of simulation.advance(atMs - begunMs)) note(event);
  };
  return {
    page(path: string, second: number): string {
      runTo(second * 1000);
      if (path !== "/metrics") return renderDcgm(profile, simulation.devices(second * 1000 - begunMs));
      const ranks = simulation.ranks();
      truth.scraped[second] = 1;
      truth.running[second] = ranks.reduce((sum, { running }) => sum + running, 0);
      return exposition.render(ranks);
    },
    /** What it was doing is gone, and its counts begin from zero. */
    restart(second: number) {
      runTo(second * 1000);
      begunMs = second * 1000;
      simulation = createSimulation(profile, second);
      exposition = createVllmExposition(profile, "mimic", 1);
    },
  };
}

/** Answers at once. Null: nobody listens there. */
function clientOf(nowMs: () => number, answer: (path: string, second: number) => string | null): HttpClient {
  return {
    exchange({ path }, _limits, observer = {}) {
      const endMs = nowMs();
      const text = answer(path, Math.round(endMs / 1000));
      const moments = { connectStartMs: null, connectedMs: null, sentMs: endMs, firstByteMs: endMs, endMs };
      const refused: Exchange = { ...moments, head: null, failure: { kind: "refused", message: "" } };
      if (text === null) return Promise.resolve(refused);
      const head = { status: 200, headers: new Map([["content-type", "text/plain; version=0.0.4"]]) };
      observer.onHead?.(head, endMs);
      observer.onBody?.(Buffer.from(text), endMs);
      return Promise.resolve({ ...moments, head, failure: null });
    },
    close() {},
  };
}
