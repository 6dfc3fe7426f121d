/** A histogram family's samples as whole histograms, one for each label set. */
import type { CumulativeHistogram } from "../../runs/schemas/timeline.ts";
import type { Family, Sample } from "./families.ts";
import { type Labels, parseValue } from "./tokens.ts";

export interface LabelledHistogram {
  /** Without `le`. */
  labels: Labels;
  histogram: CumulativeHistogram;
}

/** A histogram that lacks its sum, or both its count and its last bucket, is left out: the rest cannot be guessed. */
export function histogramsOf(family: Family): LabelledHistogram[] {
  const parts = new Map<string, Parts>();
  for (const sample of family.samples) {
    const key = seriesKey(sample.labels, "le");
    let part = parts.get(key);
    if (part === undefined)
      parts.set(key, (part = { labels: sample.labels, buckets: new Map(), sum: null, count: null }));
    addPart(part, family.name, sample);
  }
  return [...parts.values()].map(toHistogram).filter((histogram) => histogram !== null);
}

/** One string for one label set, whatever the order of the labels on the page; an empty label is no label. */
export function seriesKey(labels: Labels, ...without: readonly string[]): string {
  const members: string[] = [];
  for (const [name, value] of labels)
    if (value !== "" && !without.includes(name)) members.push(JSON.stringify([name, value]));
  return members.sort().join();
}

interface Parts {
  labels: Labels;
  /** Cumulative counts by upper bound. */
  buckets: Map<number, number>;
  sum: number | null;
  count: number | null;
}

function addPart(part: Parts, name: string, sample: Sample): void {
  if (sample.name === `${name}_sum`) part.sum = sample.value;
  else if (sample.name === `${name}_count`) part.count = sample.value;
  else if (sample.name === `${name}_bucket`) {
    const bound = parseValue(sample.labels.get("le") ?? "");
    if (bound !== undefined && !Number.isNaN(bound)) part.buckets.set(bound, sample.value);
  }
}

function toHistogram(parts: Parts): LabelledHistogram | null {
  const count = parts.count ?? parts.buckets.get(Infinity);
  if (parts.sum === null || count === undefined) return null;
  parts.buckets.set(Infinity, count);
  const buckets = [...parts.buckets].sort(([a], [b]) => a - b);
  const counts = buckets.map(([, cumulative]) => cumulative);
  if (![parts.sum, count, ...counts].every(Number.isFinite)) return null;
  const labels = new Map(parts.labels);
  labels.delete("le");
  const bounds = buckets.map(([bound]) => (bound === Infinity ? null : bound));
  return { labels, histogram: { sum: parts.sum, count, bounds, counts } };
}
