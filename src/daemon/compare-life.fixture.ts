/** For tests and measurements: a history on disk, interval by interval, against what really happened. */
import { readHistory } from "../runs/history-reader.ts";
import type { HistoryLevel, IntervalSummary } from "../runs/schemas/history.ts";
import type { LifeTruth } from "./compressed-engine.fixture.ts";
import { lifeBeganMs, type LifePlan } from "./compressed-watch.fixture.ts";

export interface Comparison {
  intervals: number;
  /** The first and the last second that the level has. */
  fromSecond: number;
  toSecond: number;
  /** What is not as it was, at most the first twenty. */
  differences: string[];
}

export async function compareWithTruth(
  directory: string,
  level: HistoryLevel,
  truth: LifeTruth,
  plan: LifePlan,
): Promise<Comparison> {
  const result: Comparison = { intervals: 0, fromSecond: Infinity, toSecond: 0, differences: [] };
  const say = (text: string) => {
    if (result.differences.length < 20) result.differences.push(text);
  };
  for await (const entry of readHistory(directory, { level, fromMs: 0, toMs: Infinity, leftOut: say })) {
    if (entry.kind !== "interval" || entry.interval.source !== 0) continue;
    const { interval } = entry;
    const toSecond = Math.round((interval.endMs - lifeBeganMs) / 1000);
    const fromSecond = toSecond - Math.round(interval.lengthMs / 1000);
    result.intervals++;
    result.fromSecond = Math.min(result.fromSecond, fromSecond);
    result.toSecond = Math.max(result.toSecond, toSecond);
    // A watcher that is killed may lose the interval that it had not written, and the new one's first scrape adds nothing.
    if (plan.kills.some((second) => second > fromSecond && second <= toSecond)) continue;
    for (const [what, expected, found] of compared(interval, truth, Math.max(-1, fromSecond), toSecond))
      if (Math.abs(expected - found) > 1e-9 * Math.max(1, Math.abs(expected)))
        say(`${level}, seconds ${fromSecond} to ${toSecond}: ${what} is ${found} and was ${expected}`);
  }
  return result;
}

/** What was added from the last scrape before the interval to the last one in it, and the gauge at each of them. */
function* compared(
  interval: IntervalSummary,
  truth: LifeTruth,
  fromSecond: number,
  toSecond: number,
): Generator<[string, number, number]> {
  const seconds = Array.from({ length: toSecond - fromSecond }, (_, i) => fromSecond + 1 + i);
  const scraped = seconds.filter((second) => truth.scraped[second] === 1);
  yield ["samples", scraped.length, interval.samples];
  const last = scraped.at(-1);
  if (last === undefined) return;
  const before = lastScrapedBefore(truth, scraped[0] as number);
  const added = (of: Float64Array) => {
    let sum = 0;
    for (let second = before + 1; second <= last; second++) sum += of[second] ?? 0;
    return sum;
  };
  if (before >= 0) {
    yield ["generation_tokens", added(truth.tokens), interval.counters.get("generation_tokens")?.increase ?? NaN];
    yield ["requests_finished", added(truth.finished), interval.counters.get("requests_finished")?.increase ?? NaN];
    const ttft = interval.histograms.get("ttft_ms")?.histogram;
    yield ["count of ttft_ms", added(truth.firstTokens), ttft?.count ?? NaN];
    yield ["sum of ttft_ms", added(truth.firstTokenMs), ttft?.sum ?? NaN];
    const within = added(truth.firstTokensWithin250Ms);
    // An increase of nothing needs no bounds.
    const place = ttft?.bounds.indexOf(250) ?? -1;
    yield ["ttft_ms within 250 ms", within, ttft?.counts[place] ?? NaN];
  }
  const running = scraped.map((second) => truth.running[second] ?? NaN);
  const gauge = interval.gauges.get("requests_running");
  yield ["least requests_running", Math.min(...running), gauge?.min ?? NaN];
  yield ["most requests_running", Math.max(...running), gauge?.max ?? NaN];
  yield ["last requests_running", running.at(-1) ?? NaN, gauge?.last ?? NaN];
  yield ["mean requests_running", running.reduce((a, b) => a + b, 0) / running.length, gauge?.mean ?? NaN];
}

function lastScrapedBefore({ scraped }: LifeTruth, second: number): number {
  for (let before = second - 1; before >= 0; before--) if (scraped[before] === 1) return before;
  return -1;
}
