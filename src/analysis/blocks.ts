/**
 * Stretches of a run as counts of values in cells, which is all that a bootstrap needs of them: a draw then costs cells
 * and blocks, and not requests. A cell's value stands for what lies in it, and is wrong by at most 0.1 % where it stands for values and 0.4 % where for a histogram.
 */
import { Histogram } from "../histogram.ts";

export interface Blocks {
  /** How many blocks there are. */
  count: number;
  /** The value of each cell, ascending. */
  cells: Float64Array;
  /** `upTo[cell * count + block]`: how many values of the block lie in this cell or in a lower one. */
  upTo: Float64Array;
}

/** More blocks cost time and, being shorter, hide more of the dependence between requests. */
const mostBlocks = 50;
/** Up to here every value has a cell of its own. */
const mostExactValues = 2048;
const cellWidth = 1 / 1024;

/** Cuts values, in the order of time, into consecutive blocks of at least `shortest` of them. */
export function blocksOfValues(values: Float64Array, shortest: number): Blocks {
  const count = Math.min(mostBlocks, Math.floor(values.length / Math.max(1, shortest)));
  const cells = cellsOf(values.toSorted(), values.length > mostExactValues ? cellWidth : 0);
  const counts = new Float64Array(cells.length * count);
  for (let block = 0, i = 0; block < count; block++) {
    const end = Math.floor(((block + 1) * values.length) / count);
    for (; i < end; i++) {
      const at = cellOf(cells, values[i] as number) * count + block;
      counts[at] = (counts[at] as number) + 1;
    }
  }
  return { count, cells, upTo: cumulated(counts, count) };
}

/** Consecutive seconds, each a histogram, taken together as far as there are more than fifty; empty blocks are left out. */
export function blocksOfSeconds(seconds: readonly Histogram[]): Blocks {
  const size = Math.min(mostBlocks, seconds.length);
  const joined = Array.from({ length: size }, (_, block) => {
    const whole = new Histogram();
    const end = Math.floor(((block + 1) * seconds.length) / size);
    for (const second of seconds.slice(Math.floor((block * seconds.length) / size), end)) whole.merge(second);
    return whole.toData();
  }).filter((block) => block.count > 0);
  const buckets = [...new Set(joined.flatMap((block) => block.buckets.map(([bucket]) => bucket)))].sort(
    (a, b) => a - b,
  );
  const place = new Map(buckets.map((bucket, index) => [bucket, index]));
  const counts = new Float64Array(buckets.length * joined.length);
  joined.forEach((block, column) => {
    for (const [bucket, count] of block.buckets) counts[(place.get(bucket) as number) * joined.length + column] = count;
  });
  return {
    count: joined.length,
    cells: Float64Array.from(buckets, bucketValue),
    upTo: cumulated(counts, joined.length),
  };
}

/** The largest value of each cell, so that a cell's value is one that was seen. */
function cellsOf(sorted: Float64Array, width: number): Float64Array {
  const cells: number[] = [];
  let end = -Infinity;
  for (const value of sorted) {
    if (value <= end) cells[cells.length - 1] = value;
    else {
      cells.push(value);
      end = value * (1 + width);
    }
  }
  return Float64Array.from(cells);
}

/** The first cell whose value is not below this one. */
function cellOf(cells: Float64Array, value: number): number {
  let low = 0;
  let high = cells.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cells[middle] as number) >= value) high = middle;
    else low = middle + 1;
  }
  return low;
}

function cumulated(counts: Float64Array, columns: number): Float64Array {
  for (let i = columns; i < counts.length; i++) counts[i] = (counts[i] as number) + (counts[i - columns] as number);
  return counts;
}

/** A bucket's midpoint, asked of the histogram itself: the lower of two values that both lie in it. */
function bucketValue(bucket: number): number {
  return Histogram.from({ count: 2, sum: 0, min: 0, max: Number.MAX_VALUE, buckets: [[bucket, 2]] }).quantile(0.5);
}
