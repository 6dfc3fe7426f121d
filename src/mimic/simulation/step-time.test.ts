import { describe, expect, it } from "vitest";
import { fictitious } from "../devices.ts";
import { quick } from "../mimic.fixture.ts";
import type { EngineProfile, Model } from "./profile.ts";
import { kvBytesPerToken, stepCost } from "./step-time.ts";

/** 1,000 parameters, two layers of width 10, 80 bytes of cache a token. */
const tiny: Model = {
  ...{ name: "tiny", parameters: 1000, layers: 2, attentionWidth: 10, kvHeads: 2, headSize: 5 },
  ...{ bytesPerWeight: 2, bytesPerKvValue: 2, sparse: null },
};

/** A device that moves 1,000 bytes and computes 1,000 FLOPs a millisecond. */
const engine: EngineProfile = {
  ...quick,
  device: { ...fictitious, bandwidthBytesPerSecond: 1e6, flopsPerSecond: 1e6 },
  step: {
    ...{ kind: "roofline", model: tiny, computeEfficiency: 1, bandwidthEfficiency: 1, allReduceUs: 0, overheadMs: 0 },
  },
};

const decode = (sequences: number, context: number) => ({
  ...{ prefillTokens: 0, decodeTokens: sequences, decodeSequences: sequences },
  ...{ contextTokens: sequences * context, attendedPairs: sequences * context },
});

describe("a step's time", () => {
  it("is the bytes over the bandwidth plus the FLOPs over the peak, by hand", () => {
    expect(kvBytesPerToken(tiny)).toBe(80);
    const cost = stepCost(engine, decode(3, 10));
    // Weights 2,000 bytes; 30 cached tokens of 80 bytes read, 3 written.
    expect([cost.readBytes, cost.writeBytes]).toEqual([2000 + 2400, 240]);
    // Two FLOPs a parameter and token; four a layer, width and attended pair.
    expect(cost.flops).toBe(2 * 1000 * 3 + 4 * 2 * 10 * 30);
    expect(cost.memoryMs).toBeCloseTo(4.64, 9);
    expect(cost.computeMs).toBeCloseTo(8.4, 9);
    expect(cost.durationMs).toBeCloseTo(13.04, 9);
  });

  it("is shared by the devices of a rank, which pay for telling each other", () => {
    const one = stepCost(engine, decode(3, 10));
    const step = { ...engine.step, allReduceUs: 250 };
    const four = stepCost({ ...engine, devices: 4, step }, decode(3, 10));
    expect(four.durationMs).toBeCloseTo(one.durationMs / 4 + 2 * 2 * 0.25, 9);
    expect(four.flops).toBe(one.flops / 4);
  });

  it("reads more experts the more tokens there are, and all of them in the end", () => {
    const sparse = { activeParameters: 200, experts: 10, expertsPerToken: 1 };
    const readBytes = (tokens: number) =>
      stepCost({ ...engine, step: { ...engine.step, model: { ...tiny, sparse } } as never }, decode(tokens, 0))
        .readBytes;
    expect(readBytes(1)).toBeCloseTo(200 * 2, 6);
    expect(readBytes(1000)).toBeCloseTo(1000 * 2, 6);
    expect(readBytes(10)).toBeGreaterThan(readBytes(5));
  });

  it("has the host's part added, and computes slower at a lower clock while memory does not", () => {
    const plain = stepCost(engine, decode(3, 10));
    const hosted = stepCost({ ...engine, host: { stepMs: 7, tokenizerTokensPerSecond: null } }, decode(3, 10));
    expect(hosted.durationMs - plain.durationMs).toBeCloseTo(7, 9);
    const slow = stepCost(engine, decode(3, 10), 0.5);
    expect([slow.computeMs / plain.computeMs, slow.memoryMs / plain.memoryMs]).toEqual([2, 1]);
  });
});
