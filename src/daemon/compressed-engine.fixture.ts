/**
 * For tests and measurements: an engine that lives by seconds which somebody else counts, with restarts and outages. What
 * happened in each of them is written down from the simulation's own events, never from a page.
 */
import { createVllmExposition } from "../mimic/expositions/vllm.ts";
import { renderDcgm } from "../mimic/expositions/dcgm.ts";
import { profiles } from "../mimic/profiles.ts";
import { createSimulation } from "../mimic/simulation.ts";
import type { SimulationEvent } from "../mimic/simulation/events.ts";
import type { EngineProfile } from "../mimic/simulation/profile.ts";
import { seededRandom } from "../random.ts";

/** All of it in seconds from the beginning. */
export interface EngineLife {
  seconds: number;
  engineRestarts: readonly number[];
  /** The endpoints do not answer, from and to. */
  outages: readonly (readonly [number, number])[];
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

export interface CompressedEngine {
  truth: LifeTruth;
  /** Its page at the end of a second; those of one path come in the order of time. Null: nobody listens there. */
  page(path: string, second: number): string | null;
}

/** An engine whose load rises and falls over each two hours, with requests that come as they like. */
export function createCompressedEngine(life: EngineLife): CompressedEngine {
  const truth = emptyTruth(life.seconds);
  const profile = profiles.find(({ name }) => name === "demo") as EngineProfile;
  const random = seededRandom("a compressed life");
  const restarts = [...life.engineRestarts];
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
  /** What it was doing is gone, and its counts begin from zero. */
  const restart = (second: number) => {
    runTo(second * 1000);
    begunMs = second * 1000;
    simulation = createSimulation(profile, second);
    exposition = createVllmExposition(profile, "mimic", 1);
  };

  return {
    truth,
    page(path, second) {
      // After the page of the second in which it happens.
      while (restarts[0] !== undefined && restarts[0] < second) restart(restarts.shift() as number);
      if (life.outages.some(([from, to]) => second >= from && second < to)) return null;
      runTo(second * 1000);
      if (path !== "/metrics") return renderDcgm(profile, simulation.devices(second * 1000 - begunMs));
      const ranks = simulation.ranks();
      truth.scraped[second] = 1;
      truth.running[second] = ranks.reduce((sum, { running }) => sum + running, 0);
      return exposition.render(ranks);
    },
  };
}

function emptyTruth(seconds: number): LifeTruth {
  const perSecond = () => new Float64Array(seconds + 2);
  return {
    ...{ tokens: perSecond(), finished: perSecond(), firstTokens: perSecond(), firstTokenMs: perSecond() },
    ...{ firstTokensWithin250Ms: perSecond(), running: perSecond(), scraped: new Uint8Array(seconds + 2) },
  };
}
