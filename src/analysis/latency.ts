/**
 * The latency distributions of one level: of measured requests that ended well, wherever in the level they lay. What
 * failed, was cancelled or was not sent is in the counts, never in a latency.
 */
import { Histogram } from "../histogram.ts";
import type { LevelSummary } from "../runs/schemas/summary.ts";
import { distributionOf, distributionOfSeconds, type Basis } from "./distribution.ts";
import type { LevelRows } from "./level-rows.ts";
import { oneTokenPerEvent, requestLatencies, timePerOutputToken } from "./request-times.ts";

export function latencyOf(rows: LevelRows, basis: Basis): LevelSummary["latency"] {
  const of = (name: keyof typeof requestLatencies, none: string) => {
    const values = Float64Array.from(rows.ok.flatMap((row) => requestLatencies[name](row) ?? []));
    return distributionOf(basis, { unit: "ms", doubt: null, none: rows.ok.length === 0 ? noAnswer : none }, values);
  };
  return {
    ttft: of("ttft", "no reply carried a token"),
    ttft_reasoning: of("ttft_reasoning", "no reply carried reasoning"),
    ttft_content: of("ttft_content", "no reply carried content"),
    ttft_tool: of("ttft_tool", "no reply called a tool"),
    tpot: tpotOf(rows, basis),
    ...gapsOf(rows, basis),
    e2e: of("e2e", "no reply has both ends"),
    connect: of("connect", "every connection was reused"),
    ttft_from_intended: of("ttft_from_intended", "no reply carried a token"),
    e2e_from_intended: of("e2e_from_intended", "no reply has an end"),
  };
}

/** Answered requests whose TPOT takes the first event as one token. */
export function assumingOneToken(rows: LevelRows): number {
  return rows.ok.filter((row) => {
    const tpot = timePerOutputToken(row);
    return tpot.kind === "known" && tpot.assumesOneToken;
  }).length;
}

const noAnswer = "no request was answered";

function tpotOf(rows: LevelRows, basis: Basis) {
  const all = rows.ok.map(timePerOutputToken);
  const known = all.filter((tpot) => tpot.kind === "known");
  const assumed = known.filter((tpot) => tpot.assumesOneToken).length;
  const doubt =
    assumed === 0
      ? null
      : `in ${assumed} of ${known.length} replies the first event is taken as one token: the server does not say`;
  const none =
    rows.ok.length === 0
      ? noAnswer
      : all.some((tpot) => tpot.kind === "unknown")
        ? "nobody counted the output tokens"
        : "no reply had time between two tokens";
  return distributionOf(
    basis,
    { unit: "ms", doubt, none },
    Float64Array.from(known, (tpot) => tpot.ms),
  );
}

function gapsOf(rows: LevelRows, basis: Basis): Pick<LevelSummary["latency"], "event_gap" | "itl"> {
  const seconds = new Map<number, { eventGap: Histogram; itl: Histogram }>();
  for (const row of rows.gaps.toSorted((a, b) => a.second - b.second)) {
    const second = seconds.get(row.second) ?? { eventGap: new Histogram(), itl: new Histogram() };
    second.eventGap.mergeData(row.event_gap);
    second.itl.mergeData(row.itl);
    seconds.set(row.second, second);
  }
  const bySecond = [...seconds.values()];
  const none = rows.ok.length === 0 ? noAnswer : "no reply had two token events";
  const eventGaps = bySecond.map((second) => second.eventGap);
  const itls = bySecond.map((second) => second.itl);
  return {
    event_gap: distributionOfSeconds(basis, { unit: "ms", doubt: null, none }, eventGaps),
    itl: distributionOfSeconds(basis, { unit: "ms", doubt: itlDoubt(rows), none }, itls),
  };
}

/** Where the counts show that each event carried one token, taking it as one is not an assumption. */
function itlDoubt({ gaps, measured }: LevelRows): string | null {
  const assumed = gaps.reduce((sum, row) => sum + row.assumed_one_token, 0);
  if (assumed === 0) return null;
  if (measured.filter((row) => row.gap !== null).every(oneTokenPerEvent)) return null;
  return `${assumed} events are taken as one token each: the server does not say`;
}
