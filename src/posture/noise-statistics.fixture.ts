/** For tests of noise: draws with a fixed seed, counted, and set against the exact probabilities by chi-square. */
import type { NextByte } from "./noise-samplers.ts";
import { seedStreams } from "./seed-streams.ts";

/** The same bytes at each run of a test. */
export function testBytes(label: string): NextByte {
  const streamOf = seedStreams(new Uint8Array(32).fill(7));
  if (streamOf === null) throw new Error("the seed of the tests is not as long as a seed");
  return streamOf(label);
}

/**
 * Above this a sampler is taken to be wrong: about 5.2 standard deviations, which a right one reaches once in ten million
 * times. The bytes are fixed, so a test that passes once passes always.
 */
export const mostDeviations = 5.2;

/**
 * How many standard deviations `draw` is away from `probabilities`, its values counted by their index; what is in none of
 * them is counted together. Chi-square by the normal approximation of Wilson and Hilferty (1931).
 */
export function deviations(draws: number, draw: () => number, probabilities: readonly number[]): number {
  const rest = Math.max(0, 1 - probabilities.reduce((sum, p) => sum + p, 0));
  const expected = [...probabilities, rest].map((p) => p * draws);
  const counts = expected.map(() => 0);
  for (let index = 0; index < draws; index++) {
    const value = draw();
    const cell = value in probabilities ? value : probabilities.length;
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  let chiSquare = 0;
  let cells = 0;
  for (const [cell, mean] of expected.entries()) {
    const count = counts[cell] ?? 0;
    if (mean < 5) {
      // A cell that should hold next to nothing and holds much decides by itself.
      if (count > 50) return Infinity;
      continue;
    }
    chiSquare += (count - mean) ** 2 / mean;
    cells++;
  }
  const freedom = cells - 1;
  const spread = 2 / (9 * freedom);
  return (Math.cbrt(chiSquare / freedom) - (1 - spread)) / Math.sqrt(spread);
}

/** The exact probabilities of permute-and-flip, over every order of visiting. */
export function permuteAndFlipProbabilities(utilities: readonly number[], rate: number): number[] {
  const best = Math.max(...utilities);
  const accept = utilities.map((utility) => Math.exp(-(best - utility) * rate));
  const result = utilities.map(() => 0);
  const orders = permutations(utilities.map((_, index) => index));
  for (const order of orders) {
    let reached = 1 / orders.length;
    for (const index of order) {
      const accepted = accept[index] ?? 0;
      result[index] = (result[index] ?? 0) + reached * accepted;
      reached *= 1 - accepted;
    }
  }
  return result;
}

function permutations(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}
