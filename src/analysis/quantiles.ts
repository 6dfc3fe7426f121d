/**
 * Sample percentiles, and how many samples each one needs before it may be printed.
 */

/** The percentiles of every distribution, by their names in summary.json. */
export const percentileRanks = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 } as const;
export type PercentileName = keyof typeof percentileRanks;

/**
 * The sample quantile: the smallest sample that at least a share `q` of all samples does not exceed (the inverse of the
 * empirical distribution, type 1 of Hyndman and Fan 1996). No interpolation: the value is one that was observed.
 * `sorted` is ascending and not empty.
 */
export function sampleQuantile(sorted: ArrayLike<number>, q: number): number {
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(q * sorted.length)));
  return sorted[rank - 1] as number;
}

/**
 * The fewest samples at which MLPerf's early stopping says anything of percentile `q`: the smallest n at which at most
 * one sample above the bound would be a coincidence of at most 1 %, were the true share above it as large as 1 - q.
 * That is P(Binomial(n, 1 - q) <= 1) <= 0.01 (MLCommons, docs/early_stopping.md, confidence 99 %, tolerance 0).
 */
export function minimumSamples(q: number): number {
  const coincidence = (n: number) => q ** n + n * (1 - q) * q ** (n - 1);
  let n = 2;
  while (coincidence(n) > 0.01) n++;
  return n;
}

/** `minimumSamples` of every percentile that is printed. */
export const samplesNeeded: Readonly<Record<PercentileName, number>> = {
  p50: minimumSamples(percentileRanks.p50),
  p90: minimumSamples(percentileRanks.p90),
  p95: minimumSamples(percentileRanks.p95),
  p99: minimumSamples(percentileRanks.p99),
  p999: minimumSamples(percentileRanks.p999),
};
