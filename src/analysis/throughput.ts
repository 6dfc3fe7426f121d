/**
 * Rates of one level. A request that crosses an edge of the window counts by the share of its time that lies inside:
 * counting only those that end inside would lose half a request for every place in flight.
 */
import type { Figure, LevelSummary } from "../runs/schemas/summary.ts";
import type { RequestRow } from "../runs/schemas/request.ts";
import { figure, rounded, type Footing } from "./figures.ts";
import { spanBetween, type Span } from "./in-flight.ts";
import type { LevelRows } from "./level-rows.ts";
import { windowDoubt, type LevelWindow } from "./steady-window.ts";
import { tokenDoubt } from "./tokens.ts";

type Rates = Omit<LevelSummary["throughput"], "goodput_requests_per_s" | "good_fraction">;

export function throughputOf(rows: LevelRows, window: LevelWindow, gpus: number | null, footing: Footing): Rates {
  const doubt = windowDoubt(window);
  const whole = rows.span ?? { startMs: 0, endMs: 0 };
  const tokens = rateOf(rows, outputTokens, window, footing, doubt);
  const perGpu = (count: number) => ({
    ...tokens,
    unit: "tokens/s/GPU",
    value: tokens.value === null ? null : rounded(tokens.value / count),
  });
  return {
    requests_per_s: rateOf(rows, oneRequest, window, footing, doubt),
    output_tokens_per_s: tokens,
    input_tokens_per_s: rateOf(rows, inputTokens, window, footing, doubt),
    whole_requests_per_s: rateOf(rows, oneRequest, whole, footing, null),
    whole_output_tokens_per_s: rateOf(rows, outputTokens, whole, footing, null),
    whole_input_tokens_per_s: rateOf(rows, inputTokens, whole, footing, null),
    output_tokens_per_s_per_gpu: gpus === null ? null : perGpu(gpus),
  };
}

/** What a rate counts: how much each answered request brings, and the span over which it brings it. */
export interface Counted {
  unit: string;
  amount(row: RequestRow): number | null;
  span(row: RequestRow): Span | null;
  /** What the amounts rest on besides the server's own count, or null. */
  doubt(ok: readonly RequestRow[]): string | null;
}

export const oneRequest: Counted = {
  unit: "requests/s",
  amount: () => 1,
  span: (row) => spanBetween(row.sent_ms, row.end_ms),
  doubt: () => null,
};

/** Tokens come from the first to the last. */
const outputTokens: Counted = {
  unit: "tokens/s",
  amount: (row) => row.output_tokens,
  span: (row) => spanBetween(row.first_token_ms, row.last_token_ms) ?? spanBetween(row.end_ms, row.end_ms),
  doubt: (ok) => tokenDoubt(ok, (row) => row.output_tokens),
};

/** A prompt is worked on until the first token. */
const inputTokens: Counted = {
  unit: "tokens/s",
  amount: (row) => row.input_tokens,
  span: (row) => spanBetween(row.sent_ms, row.first_token_ms) ?? spanBetween(row.end_ms, row.end_ms),
  doubt: (ok) => tokenDoubt(ok, (row) => row.input_tokens),
};

/** Per second of the window, over the answered requests that `counts` lets through. */
export function rateOf(
  { ok }: LevelRows,
  counted: Counted,
  window: Span,
  footing: Footing,
  doubtOfWindow: string | null,
  counts: (row: RequestRow) => boolean = () => true,
): Figure {
  const seconds = (window.endMs - window.startMs) / 1000;
  if (seconds <= 0) return figure(footing, counted.unit, null, "the level has no length");
  if (ok.length > 0 && ok.every((row) => counted.amount(row) === null))
    return figure(footing, counted.unit, null, "nobody counted the tokens");
  let amount = 0;
  for (const row of ok) {
    const span = counted.span(row);
    if (span !== null && counts(row)) amount += (counted.amount(row) ?? 0) * shareInside(span, window);
  }
  const doubts = [doubtOfWindow, counted.doubt(ok)].filter((doubt) => doubt !== null);
  return figure(footing, counted.unit, amount / seconds, doubts.length === 0 ? null : doubts.join("; "));
}

function shareInside(span: Span, window: Span): number {
  if (span.endMs <= span.startMs) return span.startMs >= window.startMs && span.startMs <= window.endMs ? 1 : 0;
  const insideMs = Math.min(span.endMs, window.endMs) - Math.max(span.startMs, window.startMs);
  return Math.max(0, insideMs) / (span.endMs - span.startMs);
}
