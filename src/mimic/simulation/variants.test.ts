import { describe, expect, it } from "vitest";
import { quick } from "../mimic.fixture.ts";
import { createSimulation } from "../simulation.ts";
import { runClosedLoop } from "./closed-loop.fixture.ts";
import type { EngineProfile } from "./profile.ts";

const load = { concurrency: 4, inputTokens: 100, outputTokens: 101, seconds: 20 };

describe("speculative decoding", () => {
  const speculative: EngineProfile = { ...quick, speculation: { draftTokens: 3, acceptance: 0.6, draftMs: 1 } };

  it("gives each step the accepted drafts and one token more, as many as its acceptance says", () => {
    const { steps, finished, events } = runClosedLoop(speculative, load);
    const drafts = steps.reduce((sum, step) => sum + step.drafts, 0);
    const accepted = [0, 1, 2].map((position) =>
      steps.reduce((sum, { acceptedAt }) => sum + (acceptedAt[position] ?? 0), 0),
    );
    expect(drafts).toBeGreaterThan(1000);
    // Each position holds with 0.6 of the chance of the one before.
    expect(accepted.map((count) => count / drafts).map((share) => Math.round(share * 20) / 20)).toEqual([
      0.6, 0.35, 0.2,
    ]);
    const tokens = events.filter((event) => event.kind === "tokens");
    expect(Math.max(...tokens.map((event) => event.tokens))).toBe(4);
    expect(new Set(finished.map(({ outputTokens }) => outputTokens))).toEqual(new Set([101]));
  });

  it("does so by the seed", () => {
    const tokensOf = (seed: number) =>
      runClosedLoop(speculative, { ...load, seconds: 2, seed }).events.filter(({ kind }) => kind === "tokens");
    expect(tokensOf(1)).toEqual(tokensOf(1));
    expect(tokensOf(1)).not.toEqual(tokensOf(2));
  });
});

describe("data-parallel ranks", () => {
  it("share the requests evenly and nothing else", () => {
    const { events, tokensPerSecond } = runClosedLoop({ ...quick, ranks: 2 }, { ...load, concurrency: 8 });
    const perRank = [0, 1].map(
      (rank) => events.filter((event) => event.kind === "finished" && event.rank === rank).length,
    );
    expect(Math.abs((perRank[0] ?? 0) - (perRank[1] ?? 0))).toBeLessThanOrEqual(4);
    const one = runClosedLoop(quick, { ...load, concurrency: 8 });
    expect(tokensPerSecond / one.tokensPerSecond).toBeCloseTo(2, 1);
  });
});

describe("a slow host", () => {
  it("adds its time to every step", () => {
    const host = { stepMs: 3, tokenizerTokensPerSecond: null };
    const slow = runClosedLoop({ ...quick, host }, load);
    const usual = runClosedLoop(quick, load);
    expect(
      new Set(slow.steps.filter(({ work }) => work.prefillTokens === 0).map(({ cost }) => cost.durationMs)),
    ).toEqual(new Set([5]));
    expect(slow.tokensPerSecond).toBeLessThan(0.45 * usual.tokensPerSecond);
  });

  it("tokenises prompts one after the other before they are queued", () => {
    const host = { stepMs: 0, tokenizerTokensPerSecond: 1000 };
    const simulation = createSimulation({ ...quick, host }, 1);
    for (const id of ["a", "b", "c"]) simulation.submit({ id, nowMs: 10, inputTokens: 100, outputTokens: 1 });
    simulation.cancel("b", 20);
    const finished = simulation.advance(Infinity).filter((event) => event.kind === "finished");
    expect(finished.map(({ id, reason, queuedMs }) => [id, reason, Math.round(queuedMs)])).toEqual([
      ["b", "abort", 10],
      ["a", "length", 110],
      // The tokenizer was at b already when it was told; that work is done for nothing.
      ["c", "length", 310],
    ]);
    expect(new Set(finished.map(({ arrivedMs }) => arrivedMs))).toEqual(new Set([10]));
  });
});

describe("a device that gets too hot", () => {
  it("computes at a lower clock until it has cooled, and no sooner", () => {
    const hot: EngineProfile = {
      ...quick,
      step: { kind: "linear", baseMs: 1, perSequenceMs: 0, prefillTokensPerSecond: 10_000 },
      thermal: {
        ...{ ambientCelsius: 30, celsiusPerWatt: 0.4, timeConstantSeconds: 5 },
        ...{ limitCelsius: 80, recoverCelsius: 60, clock: 0.25 },
      },
    };
    const { steps } = runClosedLoop(hot, { concurrency: 4, inputTokens: 400, outputTokens: 2, seconds: 60 });
    const prefills = steps
      .filter(({ work }) => work.prefillTokens >= 400)
      .map(({ atMs, cost, work }) => ({
        atMs,
        slowdown: cost.computeMs / (work.prefillTokens / 10),
      }));
    const early = prefills.filter(({ atMs }) => atMs < 3000).map(({ slowdown }) => Math.round(slowdown));
    const late = prefills.filter(({ atMs }) => atMs > 20_000).map(({ slowdown }) => Math.round(slowdown));
    expect(new Set(early)).toEqual(new Set([1]));
    expect(new Set(late)).toEqual(new Set([1, 4]));
  });

  it("uses and gives off what its steps are worth", () => {
    const simulation = createSimulation(quick, 1);
    const { idleWatts, maxWatts } = quick.device;
    expect(simulation.devices(5000)[0]).toMatchObject({ watts: idleWatts, busyShare: 0, joules: 5 * idleWatts });
    simulation.submit({ id: "a", nowMs: 5000, inputTokens: 1, outputTokens: 1000 });
    simulation.advance(6500);
    const busy = simulation.devices(6500)[0];
    expect(busy?.busyShare).toBeCloseTo(1, 2);
    expect(busy?.memoryShare).toBeCloseTo(1, 2);
    expect(busy?.watts).toBeCloseTo(idleWatts + 0.6 * (maxWatts - idleWatts), 0);
    expect(busy?.joules).toBeCloseTo(5 * idleWatts + 1.5 * (busy?.watts ?? 0), 0);
  });
});

describe("prefill and decode on ranks of their own", () => {
  const split: EngineProfile = {
    ...quick,
    ranks: 2,
    split: { prefillRanks: 1, decodeRanks: 1, linkBytesPerSecond: 1e6, latencyMs: 5, bytesPerToken: 1000 },
  };

  it("brings the first token after the prompt's step, the transfer and a step where it decodes", () => {
    const simulation = createSimulation(split, 1);
    simulation.submit({ id: "a", nowMs: 0, inputTokens: 100, outputTokens: 3 });
    const events = simulation.advance(Infinity);
    const tokens = events.filter((event) => event.kind === "tokens");
    // 2 ms and 100 prompt tokens at a million a second; 5 ms and 100,000 bytes at 1 MB/s; 2 ms and one token.
    expect(tokens.map(({ atMs }) => Number(atMs.toFixed(3)))).toEqual([109.101, 111.101, 113.101]);
    expect(tokens.map(({ rank, transferredTokens }) => [rank, transferredTokens])).toEqual([
      [1, 99],
      [1, 99],
      [1, 99],
    ]);
    expect(simulation.ranks().map(({ kvUsage }) => kvUsage)).toEqual([0, 0]);
  });

  it("sends over one link one after the other, and counts those on their way as deferred", () => {
    const simulation = createSimulation(split, 1);
    for (const id of ["a", "b"]) simulation.submit({ id, nowMs: 0, inputTokens: 100, outputTokens: 1 });
    const early = simulation.advance(50);
    expect(early.filter(({ kind }) => kind === "tokens")).toEqual([]);
    expect(simulation.ranks()).toMatchObject([{ running: 0 }, { running: 0, waiting: 0, deferred: 2 }]);
    // The prefill rank holds the blocks until they have arrived.
    expect(simulation.ranks()[0]?.kvUsage).toBeGreaterThan(0);
    const tokens = simulation.advance(Infinity).filter((event) => event.kind === "tokens");
    expect(Math.round((tokens[1]?.atMs ?? 0) - (tokens[0]?.atMs ?? 0))).toBe(105);
  });

  it("waits with a transfer until the decoding rank has room, and forgets what is cancelled on the way", () => {
    const simulation = createSimulation({ ...split, kvCache: { ...split.kvCache, blocks: 20 } }, 1);
    // While the first one decodes, the second has room beside it; the third has not, and the fourth waits behind it.
    simulation.submit({ id: "first", nowMs: 0, inputTokens: 64, outputTokens: 60 });
    simulation.submit({ id: "second", nowMs: 100, inputTokens: 130, outputTokens: 50 });
    simulation.submit({ id: "third", nowMs: 100, inputTokens: 130, outputTokens: 1 });
    simulation.submit({ id: "fourth", nowMs: 101, inputTokens: 16, outputTokens: 1 });
    simulation.advance(150);
    expect(simulation.ranks()[1]).toMatchObject({ running: 1, waiting: 2, deferred: 1 });
    simulation.cancel("third", 150);
    const finished = simulation.advance(Infinity).filter((event) => event.kind === "finished");
    expect(finished.map(({ id, reason }) => [id, reason])).toEqual([
      ["third", "abort"],
      ["first", "length"],
      ["fourth", "length"],
      ["second", "length"],
    ]);
    for (const rank of simulation.ranks()) expect(rank).toMatchObject({ kvUsage: 0, deferred: 0, waiting: 0 });
  });

  it("loses no token under load", () => {
    const { finished, events } = runClosedLoop(split, {
      concurrency: 12,
      inputTokens: 20,
      outputTokens: 15,
      seconds: 20,
    });
    expect(finished.length).toBeGreaterThan(100);
    for (const { id } of finished) {
      const own = events.filter((event) => event.kind === "tokens" && event.id === id);
      expect(own).toHaveLength(15);
    }
  });
});
