/**
 * 95 % intervals by a block bootstrap: how far a percentile moves when the run's own stretches of time are drawn again.
 *
 * Requests that ran at the same time saw the same queue, so they are not independent; blocks of consecutive ones nearly
 * are. A resample draws as many blocks as there are, with replacement; the interval holds the middle 95 % of what 500
 * resamples give. Sources: Künsch 1989 (blocks), Efron 1979 (percentile interval).
 */
import type { Random } from "../random.ts";
import type { Blocks } from "./blocks.ts";

/** With fewer blocks an interval says more of the draw than of the run. */
const fewestBlocks = 10;
const resamples = 500;

/** The interval of each quantile, or null for all of them when there are fewer than ten blocks. */
export function bootstrapIntervals(
  blocks: Blocks,
  quantiles: readonly number[],
  random: Random,
): ([number, number] | null)[] {
  if (blocks.count < fewestBlocks) return quantiles.map(() => null);
  const found = quantiles.map(() => new Int32Array(resamples));
  const times = new Float64Array(blocks.count);
  for (let resample = 0; resample < resamples; resample++) {
    times.fill(0);
    for (let draw = 0; draw < blocks.count; draw++) (times[random.integer(blocks.count)] as number)++;
    quantiles.forEach((q, place) => {
      (found[place] as Int32Array)[resample] = quantileCell(blocks, times, q);
    });
  }
  return found.map((cells) => {
    cells.sort();
    const value = (share: number) => blocks.cells[cells[Math.ceil(share * resamples) - 1] as number] as number;
    return [value(0.025), value(0.975)];
  });
}

/** The cell of quantile `q` of a resample in which each block comes so many `times`. */
function quantileCell(blocks: Blocks, times: Float64Array, q: number): number {
  const last = blocks.cells.length - 1;
  const rank = Math.max(1, Math.ceil(q * countUpTo(blocks, times, last)));
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (countUpTo(blocks, times, middle) >= rank) high = middle;
    else low = middle + 1;
  }
  return low;
}

function countUpTo({ upTo, count }: Blocks, times: Float64Array, cell: number): number {
  let sum = 0;
  for (let block = 0, at = cell * count; block < count; block++, at++)
    sum += (upTo[at] as number) * (times[block] as number);
  return sum;
}
