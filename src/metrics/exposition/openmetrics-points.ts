/** What OpenMetrics 1.0 demands of one label set at one moment: the buckets of a histogram, the quantiles of a summary. */
import { BrokenRule } from "./broken-rule.ts";
import type { Family, Sample } from "./families.ts";
import { parseValue } from "./tokens.ts";

export function checkPoint(family: Family, point: readonly Sample[]): void {
  const first = point[0];
  if (first === undefined) return;
  if (family.type === "histogram" || family.type === "gaugehistogram") checkHistogram(family, point, first.line);
  else if (family.type === "summary") for (const sample of point) checkQuantile(family, sample);
  if (first.timestampMs === null) checkUnique(family, point);
}

/** Equal samples with a time stamp are allowed: the stamp may have been cut to fewer digits. */
function checkUnique(family: Family, point: readonly Sample[]): void {
  const seen = new Set<string>();
  for (const { name, labels, line } of point) {
    const member = labels.get("le") ?? labels.get("quantile") ?? labels.get(family.name) ?? "";
    const key = `${name} ${member}`;
    if (seen.has(key)) throw new BrokenRule(line, `a second sample of the same series of ${name}`);
    seen.add(key);
  }
}

function checkQuantile({ name }: Family, sample: Sample): void {
  if (sample.name !== name) return;
  const quantile = parseValue(sample.labels.get("quantile") ?? "");
  if (quantile === undefined || !(quantile >= 0 && quantile <= 1))
    throw new BrokenRule(sample.line, `a sample of the summary ${name} needs a quantile from 0 to 1`);
  if (sample.value < 0) throw new BrokenRule(sample.line, "a quantile cannot be negative");
}

function checkHistogram(family: Family, point: readonly Sample[], line: number): void {
  const gauge = family.type === "gaugehistogram";
  const value = (suffix: string) => point.find((sample) => sample.name === family.name + suffix)?.value;
  const sum = value(gauge ? "_gsum" : "_sum");
  const count = value(gauge ? "_gcount" : "_count");
  const buckets = point.filter((sample) => sample.name === `${family.name}_bucket`);
  if (buckets.length === 0 && sum === undefined && count === undefined) return;
  let last: { bound: number; count: number } | null = null;
  let negative = false;
  for (const bucket of buckets) {
    const bound = toBound(bucket);
    if (last !== null && bound <= last.bound)
      throw new BrokenRule(bucket.line, "the buckets are not in ascending order");
    if (last !== null && bucket.value < last.count)
      throw new BrokenRule(bucket.line, "a bucket holds fewer than the one below it");
    last = { bound, count: bucket.value };
    if (bound < 0) negative = true;
  }
  if (last?.bound !== Infinity) throw new BrokenRule(line, `a histogram of ${family.name} has no bucket +Inf`);
  if ((sum === undefined) !== (count === undefined))
    throw new BrokenRule(line, `a histogram of ${family.name} needs both its sum and its count, or neither`);
  if (count !== undefined && count !== last.count)
    throw new BrokenRule(line, "the count is not that of the bucket +Inf");
  if (sum === undefined) return;
  if (Number.isNaN(sum)) throw new BrokenRule(line, "the sum is NaN");
  if (!gauge && negative) throw new BrokenRule(line, "a histogram with negative buckets has no sum");
  if (gauge && !negative && sum < 0) throw new BrokenRule(line, "the sum is negative and no bucket is");
}

function toBound(bucket: Sample): number {
  const le = bucket.labels.get("le");
  const bound = parseValue(le ?? "");
  if (le === undefined || bound === undefined || Number.isNaN(bound) || (bound === Infinity && le !== "+Inf"))
    throw new BrokenRule(bucket.line, 'a bucket needs a label le that is a number or "+Inf"');
  return bound;
}
