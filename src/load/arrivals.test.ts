import { describe, expect, it } from "vitest";
import type { Arrival } from "../runs/schemas/bench-plan.ts";
import { arrivalOffsetsMs, meanRate } from "./arrivals.ts";

const COUNT = 20_000;
const processes: Arrival[] = [
  { process: "constant" },
  { process: "poisson" },
  { process: "gamma", cv: 0.3 },
  { process: "gamma", cv: 1 },
  { process: "gamma", cv: 3 },
];

function take(arrival: Arrival, rate: number, seed = "seed", count = COUNT): number[] {
  const offsets: number[] = [];
  for (const offset of arrivalOffsetsMs({ arrival, rate }, seed)) {
    offsets.push(offset);
    if (offsets.length === count) break;
  }
  return offsets;
}

function expectedCv(arrival: Arrival): number {
  if (arrival.process === "constant") return 0;
  return arrival.process === "gamma" ? arrival.cv : 1;
}

describe.each(processes)("arrivals %j", (arrival) => {
  const offsets = take(arrival, 40);
  const gaps = offsets.slice(1).map((offset, i) => offset - (offsets[i] as number));
  const mean = gaps.reduce((a, b) => a + b) / gaps.length;

  it("never go back, and start at or after zero", () => {
    expect(offsets[0]).toBeGreaterThanOrEqual(0);
    expect(gaps.every((gap) => gap >= 0)).toBe(true);
  });

  it("come at the rate asked for", () => {
    // Four standard errors of a mean of this many independent gaps.
    const tolerance = (4 * expectedCv(arrival)) / Math.sqrt(gaps.length) + 1e-9;
    expect(Math.abs(mean / 25 - 1)).toBeLessThan(tolerance);
  });

  it("vary as much as asked for", () => {
    const sd = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(Math.abs(sd / mean - expectedCv(arrival))).toBeLessThan(0.05 * expectedCv(arrival) + 1e-9);
  });

  it("are the same for the same seed, and scale with the rate", () => {
    expect(take(arrival, 40, "seed", 100)).toEqual(offsets.slice(0, 100));
    const slower = take(arrival, 20, "seed", 100);
    expect(slower.every((offset, i) => Math.abs(offset - 2 * (offsets[i] as number)) < 1e-6)).toBe(true);
  });

  it("depend on the seed, unless they are constant", () => {
    const other = take(arrival, 40, "other", 100);
    expect(other.some((offset, i) => offset !== offsets[i])).toBe(arrival.process !== "constant");
  });
});

it("does not drift over a long run at a constant rate", () => {
  expect(take({ process: "constant" }, 3, "seed", 300_001).at(-1)).toBe(100_000_000);
});

it("gathers in bursts where the coefficient of variation is high", () => {
  const inOneMs = (arrival: Arrival) =>
    take(arrival, 40).filter((offset, i, all) => i > 0 && offset - (all[i - 1] as number) < 1).length;
  expect(inOneMs({ process: "gamma", cv: 3 })).toBeGreaterThan(5 * inOneMs({ process: "poisson" }));
});

describe("arrivals of a trace", () => {
  const timesMs = [0, 0, 500, 4000];
  const at = (rate: number) => [...arrivalOffsetsMs({ arrival: { process: "trace" }, rate }, "seed", timesMs)];

  it("are the trace's own at its own rate, bursts included, and end with it", () => {
    expect(meanRate(timesMs)).toBe(1);
    expect(at(1)).toEqual(timesMs);
  });

  it("are stretched to another rate", () => {
    expect(at(2)).toEqual([0, 0, 250, 2000]);
  });

  it("of one moment come together, whatever the rate", () => {
    expect([...arrivalOffsetsMs({ arrival: { process: "trace" }, rate: 7 }, "seed", [0, 0, 0])]).toEqual([0, 0, 0]);
  });
});
