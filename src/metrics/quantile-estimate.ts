/** A quantile out of a histogram of few buckets. It is an estimate, and carries what is certain: its bucket's bounds. */
import type { Claim } from "../runs/schemas/claim.ts";
import type { CumulativeHistogram } from "../runs/schemas/timeline.ts";

export interface QuantileEstimate {
  /** Null where the quantile lies above the last finite bound: then only `low` is known. */
  value: number | null;
  /** The quantile is certainly above `low` and at most `high`; null is no bound. */
  low: number | null;
  high: number | null;
  claim: Claim;
  why: string;
}

/**
 * Linear interpolation within the bucket that holds rank q × count, as Prometheus' histogram_quantile does; the lowest
 * bucket starts at zero. Null when the histogram is empty.
 */
export function estimateQuantile(histogram: CumulativeHistogram, q: number): QuantileEstimate | null {
  const { count, bounds, counts } = histogram;
  if (!(count > 0)) return null;
  const rank = q * count;
  const index = counts.findIndex((cumulative) => cumulative > 0 && cumulative >= rank);
  const high = bounds[index] ?? null;
  const below = index > 0 ? (bounds[index - 1] ?? null) : null;
  if (index < 0 || high === null)
    return {
      value: null,
      low: index < 0 ? null : below,
      high: null,
      claim: "not_proven",
      why: "it lies above the last bucket's bound",
    };
  const low = below ?? (high > 0 ? 0 : null);
  const why = "interpolated within one bucket of the server's histogram";
  if (low === null) return { value: high, low, high, claim: "inferred", why };
  const before = counts[index - 1] ?? 0;
  const share = (rank - before) / ((counts[index] as number) - before);
  return { value: low + (high - low) * Math.max(0, share), low, high, claim: "inferred", why };
}
