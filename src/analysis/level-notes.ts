/** The notes that a load level can give rise to, in the order in which they are said. */
import type { BenchRun } from "../runs/schemas/run.ts";
import type { LevelSummary } from "../runs/schemas/summary.ts";
import { backlogOf } from "./backlog.ts";
import { percent, spoken } from "./figures.ts";
import { assumingOneToken } from "./latency.ts";
import type { LevelRows } from "./level-rows.ts";

export interface LevelNote {
  code: string;
  /** What it means, without the numbers. */
  text: string;
  /** What was seen at this level, or null when the note is not true of it. */
  seen(rows: LevelRows, summary: LevelSummary, run: BenchRun): string | null;
}

/** Means of wanted and real token counts further apart than this are two different workloads. */
const tokenTolerance = 0.05;
/** A burst hides a gap; with this share hidden, the low percentiles of the gaps are of the hidden ones. */
const burstTolerance = 0.05;

export const levelNotes: readonly LevelNote[] = [
  {
    code: "ALL_FAILED",
    text: "no request was answered, so there are no latencies",
    seen: ({ ok, measured }) => (measured.length > 0 && ok.length === 0 ? `${measured.length} wanted` : null),
  },
  {
    code: "OFFERED_NOT_SENT",
    text: "requests were wanted and not sent, so the load was lower than asked for; they are in no latency",
    seen: (_, { requests }) => (requests.not_sent > 0 ? `${requests.not_sent} of ${requests.total}` : null),
  },
  {
    code: "BACKLOG_GROWS",
    text: "requests came faster than they were answered, so latencies depend on how long the level ran",
    seen(rows) {
      const backlog = backlogOf(rows);
      if (backlog === null || !backlog.grows) return null;
      return `median E2E from intended rose from ${spoken(backlog.secondQuarterMs)} ms in the second quarter to ${spoken(backlog.lastQuarterMs)} ms in the last`;
    },
  },
  {
    code: "NO_STEADY_WINDOW",
    text: "no steady window was found, so the rates include ramp and drain",
    seen: ({ measured }, { window }) => (measured.length > 0 && window.kind === "whole_run" ? window.why : null),
  },
  {
    code: "FEW_SAMPLES",
    text: "too few requests for a p99",
    seen: ({ ok }, { latency }) =>
      ok.length > 0 && latency.e2e.p99.value === null ? `${ok.length} answered, ${latency.e2e.p99.needs} needed` : null,
  },
  {
    code: "CUT_OFF_AFTER_FIRST_TOKEN",
    text: "requests failed or were cancelled after their first token; those tokens are in no rate",
    seen({ measured }) {
      const cut = measured.filter((row) => row.status !== "ok" && row.first_token_ms !== null).length;
      return cut === 0 ? null : `${cut} of ${measured.length}`;
    },
  },
  {
    code: "USAGE_MISSING",
    text: "replies came without a token count, and none is guessed",
    seen({ ok }) {
      const missing = ok.filter((row) => row.output_tokens === null).length;
      return missing === 0 ? null : `${missing} of ${ok.length}`;
    },
  },
  {
    code: "OUTPUT_SHORTER_THAN_WANTED",
    text: "replies were shorter than asked for, so throughput and E2E are those of shorter replies",
    seen({ ok }) {
      const known = ok.filter((row) => row.output_tokens !== null && row.wanted_output_tokens !== null);
      const output = meanOf(known.map((row) => row.output_tokens ?? 0));
      const wanted = meanOf(known.map((row) => row.wanted_output_tokens ?? 0));
      return output < (1 - tokenTolerance) * wanted
        ? `${spoken(output)} tokens on average, ${spoken(wanted)} asked for`
        : null;
    },
  },
  {
    code: "INPUT_DIFFERS_FROM_WANTED",
    text: "prompts have another length than asked for, by the server's count: its chat template and its tokenizer decide",
    seen(_, { tokens }, { plan: { workload } }) {
      if (workload.kind !== "synthetic" || tokens.input.mean === null) return null;
      const wanted = workload.input_tokens.mean;
      const apart = Math.abs(tokens.input.mean - wanted) > tokenTolerance * wanted;
      return apart ? `${spoken(tokens.input.mean)} tokens on average, ${spoken(wanted)} asked for` : null;
    },
  },
  {
    code: "TPOT_ASSUMES_ONE_TOKEN",
    text: "the server does not say how many tokens its first event carried; TPOT takes it as one",
    seen(rows) {
      const assumed = assumingOneToken(rows);
      return assumed === 0 ? null : `${assumed} of ${rows.ok.length} replies`;
    },
  },
  {
    code: "BURSTS",
    text: "token events came out of the same read as the one before them; their gaps are near zero and were not seen on the wire",
    seen: (_, { burst_fraction: { value } }) => (value !== null && value > burstTolerance ? percent(value) : null),
  },
];

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}
