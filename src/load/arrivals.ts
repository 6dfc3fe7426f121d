/**
 * When requests are wanted in an open loop, whatever the server does: a never falling series of milliseconds from the
 * level's start, endless but for a trace's. It is computed from the seed or the trace, never from the clock, so a late
 * client cannot slow it down.
 */
import { seededRandom } from "../random.ts";
import type { Arrival } from "../runs/schemas/bench-plan.ts";

/**
 * `rate` is the mean per second. Levels with different seeds have independent schedules. `traceTimesMs`: when the requests
 * of a trace come; they are stretched so that they come at the rate.
 */
export function* arrivalOffsetsMs(
  load: { arrival: Arrival; rate: number },
  seed: string,
  traceTimesMs: readonly number[] = [],
): Generator<number, void> {
  const { arrival, rate } = load;
  if (arrival.process === "trace") {
    const stretch = meanRate(traceTimesMs) / rate;
    for (const timeMs of traceTimesMs) yield timeMs * stretch;
    return;
  }
  const meanGapMs = 1000 / rate;
  if (arrival.process === "constant") {
    // Multiplied, not added up: a million small errors would be seconds.
    for (let i = 0; ; i++) yield i * meanGapMs;
  }
  const gap = gapsOf(arrival, seed);
  for (let atMs = 0; ;) yield (atMs += gap() * meanGapMs);
}

/** Requests a second over a trace; one that is shorter counts as a second. */
export function meanRate(timesMs: readonly number[]): number {
  return timesMs.length / (Math.max(1000, timesMs.at(-1) ?? 0) / 1000);
}

/** Gaps with mean 1, independent of each other. */
function gapsOf(arrival: Extract<Arrival, { process: "poisson" | "gamma" }>, seed: string): () => number {
  const random = seededRandom(seed, "arrivals");
  if (arrival.process === "poisson") return () => random.exponential();
  // A gamma distribution of shape k has the coefficient of variation 1/√k.
  const shape = 1 / arrival.cv ** 2;
  return () => random.gamma(shape) / shape;
}
