import { describe, expect, it } from "vitest";
import {
  cliffBucketOf,
  gpuBucketOf,
  kvUsageBucketOf,
  kvUsageBuckets,
  shareBucketOf,
  shareBuckets,
  ttftBucketOf,
  ttftBuckets,
} from "./payload-buckets.ts";
import { payloadFields } from "./payload-fields.ts";

describe("the buckets of a TTFT", () => {
  it("are twelve to the decade from 1 ms to 56 s, and their boundaries are right to three digits", () => {
    const boundaries = ttftBuckets.slice(1).map((label) => {
      const [, value, unit] = /^([\d.]+) (ms|s)/.exec(label) ?? [];
      return Number(value) * (unit === "s" ? 1000 : 1);
    });
    expect(boundaries).toHaveLength(57);
    for (const [index, boundary] of boundaries.entries())
      expect(boundary).toBe(Number((10 ** ((index + 1) / 12)).toPrecision(3)));
  });

  it.each([
    [0, "below 1.21 ms"],
    [1.209, "below 1.21 ms"],
    [1.21, "1.21 ms to 1.47 ms"],
    [99.9, "82.5 ms to 100 ms"],
    [100, "100 ms to 121 ms"],
    [999.9999, "1.00 s to 1.21 s"],
    [56_199, "46.4 s to 56.2 s"],
    [56_200, "56.2 s or more, or no first token"],
    [1e300, "56.2 s or more, or no first token"],
  ])("hold %d ms in %s", (ms, label) => {
    expect(ttftBuckets[ttftBucketOf(ms)]).toBe(label);
  });

  it.each([null, NaN, Infinity, -Infinity, -0.001])("take %d for no first token", (ms) => {
    expect(ttftBucketOf(ms)).toBe(57);
  });
});

describe("the buckets of a share", () => {
  it.each([
    [0, "0 % to 5 %"],
    [0.0499, "0 % to 5 %"],
    [0.05, "5 % to 10 %"],
    [0.999, "95 % to 100 %"],
    [1, "100 %"],
    [1.7, "100 %"],
    [-3, "0 % to 5 %"],
  ])("of the KV cache hold %d in %s", (usage, label) => {
    expect(kvUsageBuckets[kvUsageBucketOf(usage)]).toBe(label);
  });

  it.each([
    [0n, 10n, "0 % to 5 %"],
    [-5000n, 10n, "0 % to 5 %"],
    [499n, 10n, "0 % to 5 %"],
    [500n, 10n, "5 % to 15 %"],
    [9499n, 10n, "85 % to 95 %"],
    [9500n, 10n, "95 % to 100 %"],
    [99_999n, 10n, "95 % to 100 %"],
  ])("hold %d thousandths over %d in %s, whatever the noise did", (sum, count, label) => {
    expect(shareBuckets[shareBucketOf(sum, count)]).toBe(label);
  });
});

describe("the buckets of counts", () => {
  it.each([
    [1, "1"],
    [2, "2"],
    [3, "3 to 4"],
    [8, "5 to 8"],
    [9, "9 to 32"],
    [33, "33 or more"],
    [1e9, "33 or more"],
  ])("hold %d GPUs in %s", (gpus, label) => {
    expect(payloadFields.gpu_count.buckets[gpuBucketOf(gpus)]).toBe(label);
  });

  it.each([
    [1, "at most 4"],
    [5, "5 to 8"],
    [128, "65 to 128"],
    [129, "129 or more"],
    [null, "none within the sweep"],
  ])("hold a cliff at %d in %s", (concurrency, label) => {
    expect(payloadFields.concurrency_cliff.buckets[cliffBucketOf(concurrency)]).toBe(label);
  });
});
