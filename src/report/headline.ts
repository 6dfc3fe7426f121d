/** The answer in a line or two. Withheld when the load generator was its own limit. */
import type { Distribution, Figure, LevelSummary, Summary } from "../runs/schemas/summary.ts";
import { claimMark, percentileLabel, type PercentileName } from "./cells.ts";
import { count, decimal, durationIn, durationRange, durationUnit } from "./format.ts";
import type { Sentence } from "./model.ts";
import { printable } from "./printable.ts";

export function headlineOf(summary: Summary): Sentence[] {
  if (!summary.headline) return [];
  const best = busiestLevel(summary);
  if (best === null) return [{ text: nothingAnswered(summary.levels), tone: "bad" }];
  const most = summary.levels.length > 1 ? "Most" : "Got";
  return [{ text: `${most} ${ratesOf(best)} at ${printable(best.load)}`, tone: "strong" }, ...latencySentence(best)];
}

/** The level that carried the most, of those with an answer. */
export function busiestLevel({ levels }: Summary): LevelSummary | null {
  return levels
    .filter((level) => level.requests.ok > 0)
    .reduce<LevelSummary | null>(
      (left, right) => (left === null || carried(right) > carried(left) ? right : left),
      null,
    );
}

function nothingAnswered(levels: readonly LevelSummary[]): string {
  const sum = (of: (requests: LevelSummary["requests"]) => number) =>
    levels.reduce((total, level) => total + of(level.requests), 0);
  const failed = sum((requests) => requests.error);
  const others = sum((requests) => requests.total) - failed;
  if (failed + others === 0) return "No measured request was sent, so there is nothing to report";
  if (others > 0) return `No request was answered: ${count(failed)} failed, ${count(others)} cancelled or not sent`;
  return failed === 1 ? "The one request failed" : `All ${count(failed)} requests failed`;
}

/** What levels are compared by: output tokens, or requests where no tokens were counted. */
function carried({ throughput }: LevelSummary): number {
  return throughput.output_tokens_per_s.value ?? throughput.requests_per_s.value ?? -1;
}

function ratesOf({ throughput }: LevelSummary): string {
  const rate = ({ value, claim }: Figure, unit: string) =>
    value === null ? [] : [`${claimMark(claim)}${decimal(value)} ${unit}`];
  const rates = [
    ...rate(throughput.requests_per_s, "requests/s"),
    ...rate(throughput.output_tokens_per_s, "output tokens/s"),
  ];
  return rates.length === 0 ? "no known rate" : rates.join(", ");
}

function latencySentence({ latency, requests }: LevelSummary): Sentence[] {
  const parts = [
    percentilesText("TTFT", latency.ttft, ["p50", "p99"]),
    percentilesText("TPOT", latency.tpot, ["p50"]),
    percentilesText("E2E", latency.e2e, ["p50"]),
    requests.error > 0 ? `${count(requests.error)} of ${count(requests.total)} failed` : "",
  ].filter((part) => part !== "");
  if (parts.length === 0) return [];
  const intervals = parts.some((part) => part.includes("[")) ? " (in brackets: 95 % intervals)" : "";
  return [{ text: parts.join("; ") + intervals }];
}

/** `TTFT p50 312 ms [301, 325], p99 480 ms`. A percentile without a value is left to the table, which says why. */
function percentilesText(name: string, distribution: Distribution, which: readonly PercentileName[]): string {
  const texts = which.flatMap((percentile) => {
    const { value, interval } = distribution[percentile];
    if (value === null) return [];
    const unit = durationUnit([value]);
    const range = interval === null ? "" : ` ${durationRange(interval, unit)}`;
    return [
      `${percentileLabel(percentile)} ${claimMark(distribution.claim)}${durationIn(value, unit)} ${unit}${range}`,
    ];
  });
  return texts.length === 0 ? "" : `${name} ${texts.join(", ")}`;
}
