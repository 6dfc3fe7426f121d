/** Where the buckets of a payload's numbers begin and end, and what they are called in it. */

/** Twelve to the decade, rounded to three digits so that a label says exactly where its bucket ends. */
const perDecade = [100, 121, 147, 178, 215, 261, 316, 383, 464, 562, 681, 825];

/** The 57 boundaries between the 58 buckets of a TTFT, in microseconds: 1.21 ms to 56.2 s. */
const ttftBoundariesUs = Array.from(
  { length: 57 },
  (_, index) => (perDecade[(index + 1) % 12] as number) * 10 ** (Math.floor((index + 1) / 12) + 1),
);

/** A boundary belongs to the bucket above it. */
export const ttftBuckets: readonly string[] = [
  `below ${timeLabel(ttftBoundariesUs[0] as number)}`,
  ...ttftBoundariesUs
    .slice(1)
    .map((to, index) => `${timeLabel(ttftBoundariesUs[index] as number)} to ${timeLabel(to)}`),
  `${timeLabel(ttftBoundariesUs.at(-1) as number)} or more, or no first token`,
];

/** The bucket of a TTFT in milliseconds. Null, and what is no time, count as a request without a first token. */
export function ttftBucketOf(ttftMs: number | null): number {
  if (ttftMs === null || !Number.isFinite(ttftMs) || ttftMs < 0) return ttftBuckets.length - 1;
  const ttftUs = Math.round(ttftMs * 1000);
  const above = ttftBoundariesUs.findIndex((boundary) => ttftUs < boundary);
  return above < 0 ? ttftBuckets.length - 1 : above;
}

/** Steps of 5 %; the last bucket is a full cache. */
export const kvUsageBuckets: readonly string[] = [
  ...Array.from({ length: 20 }, (_, index) => `${index * 5} % to ${(index + 1) * 5} %`),
  "100 %",
];

/** The bucket of a usage from 0 to 1; what lies outside counts at the nearer end. */
export function kvUsageBucketOf(usage: number): number {
  return Math.floor(Math.min(1, Math.max(0, usage)) * 20);
}

/** Steps of 10 %, each around its middle. */
export const shareBuckets: readonly string[] = [
  "0 % to 5 %",
  ...Array.from({ length: 9 }, (_, index) => `${index * 10 + 5} % to ${index * 10 + 15} %`),
  "95 % to 100 %",
];

/** The bucket of `sum / count` in thousandths, whatever noise has made of the two. */
export function shareBucketOf(sumMilli: bigint, count: bigint): number {
  if (sumMilli <= 0n) return 0;
  const bucket = (sumMilli + count * 50n) / (count * 100n);
  return Number(bucket > 10n ? 10n : bucket);
}

const gpuBucketEnds = [1, 2, 4, 8, 32];

export function gpuBucketOf(gpus: number): number {
  return bucketByEnd(gpus, gpuBucketEnds);
}

const concurrencyBucketEnds = [4, 8, 16, 32, 64, 128];

/** The bucket of the cliff; null: the sweep has none. */
export function cliffBucketOf(concurrency: number | null): number {
  return concurrency === null ? concurrencyBucketEnds.length + 1 : bucketByEnd(concurrency, concurrencyBucketEnds);
}

function bucketByEnd(value: number, ends: readonly number[]): number {
  const index = ends.findIndex((end) => value <= end);
  return index < 0 ? ends.length : index;
}

function timeLabel(us: number): string {
  const [value, unit] = us < 1e6 ? [us / 1000, "ms"] : [us / 1e6, "s"];
  return `${value.toPrecision(3)} ${unit}`;
}
