import { describe, expect, it } from "vitest";
import { seededRandom } from "../random.ts";
import { fictitious } from "./devices.ts";
import type { SimulationEvent } from "./simulation/events.ts";
import type { EngineProfile } from "./simulation/profile.ts";
import { createSimulation, type SimulatedRequest } from "./simulation.ts";

/** Ten milliseconds a step whatever is in it, and prompts at 1,000 tokens/s: numbers to reckon with in the head. */
const round: EngineProfile = {
  name: "round",
  about: "for tests",
  model: "round",
  ranks: 1,
  scheduler: { maxSequences: 4, tokenBudget: 64, maxModelTokens: 1024, chunkedPrefill: true },
  kvCache: { blockTokens: 16, blocks: 1024, prefixCaching: true },
  step: { kind: "linear", baseMs: 10, perSequenceMs: 0, prefillTokensPerSecond: 1e9 },
  device: fictitious,
  devices: 1,
  reply: { meanTokens: 10, sigma: 0 },
};

type Arrival = Omit<SimulatedRequest, "id">;

/** Submits all, in order of time, and runs until nothing is left. */
function runAll(profile: EngineProfile, arrivals: readonly Arrival[], seed: number | string = 1): SimulationEvent[] {
  const simulation = createSimulation(profile, seed);
  arrivals.forEach((arrival, i) => simulation.submit({ ...arrival, id: `r${i}` }));
  return simulation.advance(Infinity);
}

const of = <K extends SimulationEvent["kind"]>(events: readonly SimulationEvent[], kind: K) =>
  events.filter((event): event is Extract<SimulationEvent, { kind: K }> => event.kind === kind);

function randomArrivals(count: number, meanGapMs: number, seed: string): Arrival[] {
  const random = seededRandom(seed);
  let nowMs = 0;
  return Array.from({ length: count }, () => {
    nowMs += random.exponential() * meanGapMs;
    return { nowMs, inputTokens: 1 + random.integer(200), outputTokens: 1 + random.integer(40) };
  });
}

describe("the simulated engine", () => {
  it("produces every token that was asked for, once, and finishes every request", () => {
    const arrivals = randomArrivals(500, 40, "conservation");
    const events = runAll(round, arrivals);
    const produced = new Map<string, number>();
    for (const { id, tokens, before } of of(events, "tokens")) {
      expect(before).toBe(produced.get(id) ?? 0);
      produced.set(id, before + tokens);
    }
    expect(produced.size).toBe(500);
    arrivals.forEach(({ outputTokens }, i) => expect(produced.get(`r${i}`)).toBe(outputTokens));
    const finished = of(events, "finished");
    expect(finished.map(({ id }) => id).sort()).toEqual(arrivals.map((_, i) => `r${i}`).sort());
    const computed = of(events, "step").reduce((sum, { work }) => sum + work.prefillTokens + work.decodeTokens, 0);
    const owed = arrivals.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens - 1, 0);
    expect(computed).toBe(owed);
  });

  it("never works on more sequences than it has slots, nor on more tokens than a step's budget", () => {
    const simulation = createSimulation(round, 1);
    let peak = 0;
    for (const [i, arrival] of randomArrivals(300, 5, "slots").entries()) {
      simulation.submit({ ...arrival, id: `r${i}` });
      peak = Math.max(peak, ...simulation.ranks().map(({ running }) => running));
    }
    expect(peak).toBe(4);
    const tokens = of(simulation.advance(Infinity), "step").map(({ work }) => work.prefillTokens + work.decodeTokens);
    expect(Math.max(...tokens)).toBe(64);
  });

  it("admits first come, first served", () => {
    const events = runAll(round, randomArrivals(200, 5, "order"));
    const admitted = of(events, "admitted").map(({ id }) => Number(id.slice(1)));
    expect(admitted).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  it("gives a lone request its tokens one step apart, after as many steps as its prompt has chunks", () => {
    const tokens = of(runAll(round, [{ nowMs: 100, inputTokens: 130, outputTokens: 3 }]), "tokens");
    // 130 prompt tokens at 64 a step are three steps of 10 ms.
    expect(tokens.map(({ atMs }) => Math.round(atMs))).toEqual([130, 140, 150]);
    expect(tokens.map(({ finish }) => finish)).toEqual([null, null, "length"]);
    expect(tokens.map(({ gapMs }) => gapMs && Math.round(gapMs))).toEqual([null, 10, 10]);
  });

  it("gives the same events for the same seed, profile and requests", () => {
    const arrivals = randomArrivals(100, 10, "again");
    expect(runAll(round, arrivals, 7)).toEqual(runAll(round, arrivals, 7));
  });

  it("lets the queue grow in a straight line at twice its capacity", () => {
    // Four slots, 21 steps of 10 ms a request: one request ends every 52.5 ms. One arrives every 26.25 ms.
    const simulation = createSimulation(round, 1);
    const waitingAt: number[] = [];
    for (let i = 0; i < 1600; i++) {
      simulation.submit({ id: `r${i}`, nowMs: i * 26.25, inputTokens: 16, outputTokens: 21 });
      if ((i + 1) % 400 === 0) waitingAt.push(simulation.ranks()[0]?.waiting ?? 0);
    }
    for (const [i, waiting] of waitingAt.entries()) expect(waiting / ((i + 1) * 200)).toBeCloseTo(1, 1);
  });

  it("frees everything when a request is cancelled, waiting or running, and says that it was aborted", () => {
    const simulation = createSimulation({ ...round, scheduler: { ...round.scheduler, maxSequences: 1 } }, 1);
    simulation.submit({ id: "running", nowMs: 0, inputTokens: 100, outputTokens: 1000 - 100 });
    simulation.submit({ id: "waiting", nowMs: 0, inputTokens: 10, outputTokens: 5 });
    const before = simulation.advance(55);
    simulation.cancel("waiting", 55);
    simulation.cancel("running", 56);
    simulation.cancel("never heard of", 56);
    const after = simulation.advance(1e9);
    expect(of(before, "tokens").length).toBeGreaterThan(0);
    expect(of(after, "finished").map(({ id, reason, atMs }) => [id, reason, Math.round(atMs)])).toEqual([
      ["waiting", "abort", 55],
      ["running", "abort", 60],
    ]);
    expect(of(after, "tokens")).toEqual([]);
    expect(simulation.nextEventMs()).toBeNull();
    expect(simulation.ranks()).toMatchObject([{ running: 0, waiting: 0, kvUsage: 0, freeBlocks: 1024 }]);
  });

  it("refuses what can never fit, and says how much fits", () => {
    const simulation = createSimulation(round, 1);
    expect(simulation.maxTokens).toBe(1024);
    expect(() => simulation.submit({ id: "a", nowMs: 0, inputTokens: 1000, outputTokens: 25 })).toThrow(
      /never fit 1024/,
    );
    simulation.submit({ id: "a", nowMs: 0, inputTokens: 1000, outputTokens: 24 });
    expect(() => simulation.submit({ id: "a", nowMs: 0, inputTokens: 1, outputTokens: 1 })).toThrow(/already/);
  });

  it("accounts for every moment: queue, prefill and decode add up to the whole", () => {
    for (const event of of(runAll(round, randomArrivals(200, 8, "moments")), "finished")) {
      const { arrivedMs, queuedMs, scheduledMs, firstTokenMs, lastTokenMs, atMs } = event;
      if (scheduledMs === null || firstTokenMs === null || lastTokenMs === null) throw new Error("a moment is missing");
      expect(queuedMs).toBe(arrivedMs);
      expect(scheduledMs).toBeGreaterThanOrEqual(queuedMs);
      expect(firstTokenMs).toBeGreaterThan(scheduledMs);
      expect(lastTokenMs).toBeGreaterThanOrEqual(firstTokenMs);
      expect(atMs).toBe(lastTokenMs);
    }
  });

  it("runs an hour of a busy engine in a few seconds", { timeout: 30_000 }, () => {
    const simulation = createSimulation(round, 1);
    let tokens = 0;
    for (let i = 0; i < 3600 * 20; i++) {
      for (const event of simulation.advance(i * 50)) if (event.kind === "tokens") tokens += event.tokens;
      simulation.submit({ id: `r${i}`, nowMs: i * 50, inputTokens: 30, outputTokens: 15 });
    }
    expect(tokens).toBeGreaterThan(1_000_000);
  });

  it("moves time by the profile's own arithmetic", () => {
    const profile: EngineProfile = {
      ...round,
      step: { kind: "linear", baseMs: 8, perSequenceMs: 0.5, prefillTokensPerSecond: 1000 },
    };
    const arrivals = [
      { nowMs: 0, inputTokens: 32, outputTokens: 2 },
      { nowMs: 0, inputTokens: 16, outputTokens: 2 },
    ];
    const steps = of(runAll(profile, arrivals), "step");
    expect(steps.map(({ atMs, startMs }) => atMs - startMs)).toEqual([8 + 48, 8 + 2 * 0.5]);
    const tokens = of(runAll(profile, arrivals), "tokens");
    expect(tokens.map(({ id, atMs }) => [id, atMs])).toEqual([
      ["r0", 56],
      ["r1", 56],
      ["r0", 65],
      ["r1", 65],
    ]);
  });
});
