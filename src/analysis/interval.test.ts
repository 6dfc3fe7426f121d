import { describe, expect, it } from "vitest";
import { Histogram } from "../histogram.ts";
import { seededRandom } from "../random.ts";
import { type Blocks, blocksOfSeconds, blocksOfValues } from "./blocks.ts";
import { bootstrapIntervals } from "./interval.ts";
import { sampleQuantile } from "./quantiles.ts";

const exponential = (label: string, count: number) => {
  const random = seededRandom("interval test", label);
  return Float64Array.from({ length: count }, () => 100 * random.exponential());
};

/** Each value leans on the one before it, as requests do that ran in one queue. */
const correlated = (label: string, count: number) => {
  const random = seededRandom("interval test", label);
  let last = random.normal();
  return Float64Array.from({ length: count }, () => {
    last = 0.9 * last + Math.sqrt(1 - 0.9 ** 2) * random.normal();
    return 1000 + 100 * last;
  });
};

function intervalOf(values: Float64Array, shortest: number, q: number, seed = "draw"): [number, number] | null {
  return bootstrapIntervals(blocksOfValues(values, shortest), [q], seededRandom(seed))[0] ?? null;
}

/** In how many of 200 runs the interval holds the true median. */
function coverage(draw: (label: string, count: number) => Float64Array, shortest: number, truth: number): number {
  const covered = Array.from({ length: 200 }, (_, run) => {
    const interval = intervalOf(draw(`run ${run}`, 600), shortest, 0.5, `draw ${run}`);
    return interval !== null && interval[0] <= truth && truth <= interval[1];
  });
  return covered.filter(Boolean).length / covered.length;
}

/** How many values each block holds. */
const sizes = ({ count, cells, upTo }: Blocks) => [...upTo.slice((cells.length - 1) * count)];

describe("blocks", () => {
  it("are consecutive values, each in one block, none shorter than asked for", () => {
    const blocks = blocksOfValues(
      Float64Array.from({ length: 103 }, (_, i) => i),
      10,
    );
    expect(sizes(blocks)).toEqual([10, 10, 10, 11, 10, 10, 11, 10, 10, 11]);
    const below = (value: number) => [...blocks.upTo.slice(value * 10, value * 10 + 10)];
    expect(below(35)).toEqual([10, 10, 10, 6, 0, 0, 0, 0, 0, 0]);
  });

  it("are at most fifty", () => {
    expect(sizes(blocksOfValues(new Float64Array(1000).fill(1), 1))).toEqual(Array(50).fill(20));
    const second = new Histogram();
    second.record(5);
    expect(sizes(blocksOfSeconds(Array.from({ length: 500 }, () => second)))).toEqual(Array(50).fill(10));
  });

  it("stand for many values by cells that were seen and are 0.1 % wide", () => {
    const values = exponential("cells", 5000);
    const { cells } = blocksOfValues(values, 1);
    expect(cells.length).toBeLessThan(4000);
    const seen = new Set(values);
    expect(cells.every((cell) => seen.has(cell))).toBe(true);
    const wrong = values.filter((value) => !cells.some((cell) => cell >= value && cell <= value * (1 + 1 / 1024)));
    expect(wrong).toHaveLength(0);
  });

  it("of seconds leave out those in which nothing came", () => {
    const full = new Histogram();
    full.record(5);
    expect(blocksOfSeconds([full, new Histogram(), full]).count).toBe(2);
  });
});

describe("a block-bootstrap interval", () => {
  it("is null with fewer than ten blocks that hold something", () => {
    const values = exponential("few", 90);
    expect(intervalOf(values, 10, 0.5)).toBeNull();
    expect(intervalOf(values, 9, 0.5)).not.toBeNull();
  });

  it("is the same for the same seed, and lies around the sample percentile", () => {
    const values = exponential("same", 2000);
    const interval = intervalOf(values, 4, 0.9) as [number, number];
    expect(interval).toEqual(intervalOf(values, 4, 0.9));
    const estimate = sampleQuantile(values.toSorted(), 0.9);
    expect(interval[0]).toBeLessThan(estimate);
    expect(interval[1]).toBeGreaterThan(estimate);
  });

  it("has no width where every request is alike", () => {
    const [low, high] = intervalOf(new Float64Array(100).fill(50), 1, 0.9) as [number, number];
    expect([low, high]).toEqual([50, 50]);
  });

  it("covers the true median in about 95 of 100 runs of independent requests", () => {
    const share = coverage(exponential, 1, 100 * Math.LN2);
    expect(share).toBeGreaterThan(0.9);
    expect(share).toBeLessThan(0.99);
  });

  it("needs blocks where requests depend on each other: single requests would claim too much", () => {
    const inBlocks = coverage(correlated, 40, 1000);
    expect(inBlocks).toBeGreaterThan(0.82);
    // The draw of single requests, by shuffling the order of time away.
    const single = coverage((label, count) => shuffled(correlated(label, count)), 12, 1000);
    expect(single).toBeLessThan(0.6);
  });
});

function shuffled(values: Float64Array): Float64Array {
  const random = seededRandom("shuffle");
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [values[i], values[j]] = [values[j] as number, values[i] as number];
  }
  return values;
}
