/**
 * A mergeable log-linear histogram of non-negative numbers: 128 equal buckets in every power of two, at every magnitude.
 * A value read back is its bucket's midpoint, so it is wrong by at most 1/256 (0.39 %) of itself; zero is exact.
 * Merging adds counts: it is commutative, and the histogram of a whole equals the merge of its parts.
 *
 * The layout is HdrHistogram's idea (Gil Tene) read straight off the IEEE 754 double: the bucket number is the exponent
 * and the top seven bits of the mantissa.
 */

/** The form on disk. `buckets` holds [bucket number, count], ascending, only where the count is not zero. */
export interface HistogramData {
  count: number;
  sum: number;
  min: number;
  max: number;
  buckets: [number, number][];
}

export class Histogram {
  count = 0;
  sum = 0;
  min = Infinity;
  max = -Infinity;
  readonly #buckets = new Map<number, number>();

  static from(data: HistogramData): Histogram {
    const histogram = new Histogram();
    histogram.mergeData(data);
    return histogram;
  }

  /** Adds `value` `times` times. A negative value or NaN is a bug in the caller. */
  record(value: number, times = 1): void {
    if (!(value >= 0)) throw new RangeError(`a histogram cannot hold ${value}`);
    const bucket = bucketOf(value);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + times);
    this.count += times;
    this.sum += value * times;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  merge(other: Histogram): void {
    for (const [bucket, count] of other.#buckets) this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + count);
    this.#mergeMoments(other);
  }

  mergeData(data: HistogramData): void {
    for (const [bucket, count] of data.buckets) this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + count);
    if (data.count > 0) this.#mergeMoments(data);
  }

  /**
   * The value at quantile `q` in [0, 1]: the smallest bucket whose cumulative count reaches q × count (the sample
   * quantile, inverse of the empirical distribution), clamped to the exact minimum and maximum. NaN when empty.
   */
  quantile(q: number): number {
    if (this.count === 0) return NaN;
    const rank = Math.max(1, Math.ceil(q * this.count));
    if (rank >= this.count) return this.max;
    let seen = 0;
    for (const bucket of this.#sorted()) {
      seen += this.#buckets.get(bucket) ?? 0;
      if (seen >= rank) return Math.min(this.max, Math.max(this.min, midpointOf(bucket)));
    }
    return this.max;
  }

  /** The arithmetic mean, exact. NaN when empty. */
  mean(): number {
    return this.count === 0 ? NaN : this.sum / this.count;
  }

  toData(): HistogramData {
    const buckets = this.#sorted().map((bucket): [number, number] => [bucket, this.#buckets.get(bucket) ?? 0]);
    return {
      count: this.count,
      sum: this.sum,
      min: this.count === 0 ? 0 : this.min,
      max: this.count === 0 ? 0 : this.max,
      buckets,
    };
  }

  #mergeMoments(other: { count: number; sum: number; min: number; max: number }): void {
    this.count += other.count;
    this.sum += other.sum;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
  }

  #sorted(): number[] {
    return [...this.#buckets.keys()].sort((a, b) => a - b);
  }
}

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const highWord = littleEndian ? 1 : 0;
const mantissaBitsDropped = 20 - 7;

function bucketOf(value: number): number {
  if (value === 0) return 0;
  float[0] = value;
  return (words[highWord] ?? 0) >>> mantissaBitsDropped;
}

function midpointOf(bucket: number): number {
  if (bucket === 0) return 0;
  return (lowerBoundOf(bucket) + lowerBoundOf(bucket + 1)) / 2;
}

function lowerBoundOf(bucket: number): number {
  words[highWord] = bucket << mantissaBitsDropped;
  words[1 - highWord] = 0;
  return float[0] ?? 0;
}
