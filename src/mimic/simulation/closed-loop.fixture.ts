/** For tests: a simulation under a constant number of requests, and what became of them. */
import type { EngineProfile } from "./profile.ts";
import type { FinishedEvent, SimulationEvent, StepEvent } from "./events.ts";
import { createSimulation } from "../simulation.ts";

export interface ClosedLoop {
  concurrency: number;
  inputTokens: number;
  outputTokens: number;
  seconds: number;
  seed?: number;
}

export interface LoopResult {
  events: SimulationEvent[];
  steps: StepEvent[];
  finished: FinishedEvent[];
  tokensPerSecond: number;
  preemptions: number;
  prefillTokens: number;
  submitted: number;
  longestGapMs: number;
}

/** Each request is followed by another as it ends; the first ones come 5 ms apart. */
export function runClosedLoop(profile: EngineProfile, load: ClosedLoop): LoopResult {
  const simulation = createSimulation(profile, load.seed ?? 1);
  const { concurrency, inputTokens, outputTokens, seconds } = load;
  let submitted = 0;
  const submit = (nowMs: number) =>
    simulation.submit({ id: `r${submitted++}`, nowMs, inputTokens, outputTokens, maxOutputTokens: outputTokens });
  for (let i = 0; i < concurrency; i++) submit(i * 5);
  const events: SimulationEvent[] = [];
  for (let atMs = simulation.nextEventMs(); atMs !== null && atMs <= seconds * 1000; atMs = simulation.nextEventMs())
    for (const event of simulation.advance(atMs)) {
      events.push(event);
      if (event.kind === "finished") submit(event.atMs);
    }
  const steps = events.filter((event) => event.kind === "step");
  const tokens = events.filter((event) => event.kind === "tokens");
  return {
    events,
    steps,
    finished: events.filter((event) => event.kind === "finished"),
    tokensPerSecond: tokens.reduce((sum, event) => sum + event.tokens, 0) / seconds,
    preemptions: steps.reduce((sum, { preempted }) => sum + preempted, 0),
    prefillTokens: steps.reduce((sum, { work }) => sum + work.prefillTokens, 0),
    submitted,
    longestGapMs: tokens.reduce((longest, { gapMs }) => Math.max(longest, gapMs ?? 0), 0),
  };
}
