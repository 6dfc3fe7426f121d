/**
 * When requests are wanted in an open loop, whatever the server does: an endless, never falling series of milliseconds
 * from the level's start. It is computed from the seed alone, never from the clock, so a late client cannot slow it down.
 */
import { seededRandom } from "../random.ts";
import type { Arrival } from "../runs/schemas/bench-plan.ts";

/** `rate` is the mean per second. Levels with different seeds have independent schedules. */
export function* arrivalOffsetsMs(load: { arrival: Arrival; rate: number }, seed: string): Generator<number, never> {
  const { arrival, rate } = load;
  const meanGapMs = 1000 / rate;
  if (arrival.process === "constant") {
    // Multiplied, not added up: a million small errors would be seconds.
    for (let i = 0; ; i++) yield i * meanGapMs;
  }
  const gap = gapsOf(arrival, seed);
  for (let atMs = 0; ;) yield (atMs += gap() * meanGapMs);
}

/** Gaps with mean 1, independent of each other. */
function gapsOf(arrival: Exclude<Arrival, { process: "constant" }>, seed: string): () => number {
  const random = seededRandom(seed, "arrivals");
  if (arrival.process === "poisson") return () => random.exponential();
  // A gamma distribution of shape k has the coefficient of variation 1/√k.
  const shape = 1 / arrival.cv ** 2;
  return () => random.gamma(shape) / shape;
}
