/** From the summary's numbers, with how each is known, to a table's cells. */
import type { Claim } from "../runs/schemas/claim.ts";
import type { Distribution, Figure, Percentile } from "../runs/schemas/summary.ts";
import type { Cell } from "./model.ts";
import { count, decimal, type DurationUnit, durationIn, noValue } from "./format.ts";
import { printable } from "./printable.ts";

export const percentiles = ["p50", "p90", "p95", "p99", "p999"] as const;
export type PercentileName = (typeof percentiles)[number];

/** `p99.9` of `p999`. */
export function percentileLabel(name: PercentileName): string {
  return name === "p999" ? "p99.9" : name;
}

/** The sign before a number that is not simply measured. A synthetic run says so once, above everything. */
export function claimMark(claim: Claim): string {
  return { measured: "", synthetic: "", inferred: "~", not_proven: "?" }[claim];
}

export function plainCell(text: string): Cell {
  return { text };
}

export function missingCell(why: string): Cell {
  return { text: noValue, tone: "faint", note: { mark: noValue, text: printable(why) } };
}

/** A rate or another figure. `show` is how its unit is written. */
export function figureCell(figure: Figure, show: (value: number) => string = decimal): Cell {
  if (figure.value === null) return missingCell(figure.why ?? "not known");
  return marked(show(figure.value), figure.claim, figure.why);
}

/** A percentile of durations; without a value, its note says how many samples it needs. */
export function percentileCell(distribution: Distribution, name: PercentileName, unit: DurationUnit): Cell {
  const percentile = distribution[name];
  if (percentile.value !== null) return durationCell(distribution, percentile.value, unit);
  return missingCell(whyNoPercentile(distribution, name, percentile));
}

/** A mean or a maximum of durations. */
export function durationCell(distribution: Distribution, value: number | null, unit: DurationUnit): Cell {
  if (value === null) return missingCell(distribution.why ?? "no samples");
  return marked(durationIn(value, unit), distribution.claim, distribution.why);
}

/** Every duration of a distribution, for choosing its unit. */
export function durationsOf(distribution: Distribution): (number | null)[] {
  return [distribution.mean, distribution.max, ...percentiles.map((name) => distribution[name].value)];
}

function whyNoPercentile(distribution: Distribution, name: PercentileName, percentile: Percentile): string {
  if (distribution.samples === 0) return distribution.why ?? "no samples";
  return `${percentileLabel(name)} needs ${count(percentile.needs)} samples`;
}

function marked(text: string, claim: Claim, why: string | null): Cell {
  const mark = claimMark(claim);
  if (mark === "") return { text };
  return { text: mark + text, note: { mark, text: printable(why ?? "the reason was not recorded") } };
}
