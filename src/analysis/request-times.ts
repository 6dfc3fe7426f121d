/** The latencies of one request, milliseconds. The only place that says which moments a latency lies between. */
import type { RequestRow } from "../runs/schemas/request.ts";

type Latency = (row: RequestRow) => number | null;

/** Null where one of the two moments did not happen. */
export const requestLatencies = {
  ttft: (row) => between(row.sent_ms, row.first_token_ms),
  ttft_reasoning: (row) => between(row.sent_ms, row.first_reasoning_ms),
  ttft_content: (row) => between(row.sent_ms, row.first_content_ms),
  ttft_tool: (row) => between(row.sent_ms, row.first_tool_ms),
  e2e: (row) => between(row.sent_ms, row.end_ms),
  connect: (row) => between(row.connect_start_ms, row.connected_ms),
  ttft_from_intended: (row) => between(row.intended_ms, row.first_token_ms),
  e2e_from_intended: (row) => between(row.intended_ms, row.end_ms),
} as const satisfies Record<string, Latency>;

/**
 * Time per output token. `absent`: the reply has no time between tokens (one token, one event, or every event out of one
 * read). `unknown`: nobody counted its tokens.
 */
export type TimePerOutputToken =
  | { kind: "known"; ms: number; assumesOneToken: boolean }
  | { kind: "absent" }
  | { kind: "unknown" };

/**
 * (last token - first token) / (output tokens - tokens in the first event). A first event of unknown size is taken as
 * one token. With as many output tokens as token events each event carried exactly one: then nothing is assumed.
 */
export function timePerOutputToken(row: RequestRow): TimePerOutputToken {
  const ms = between(row.first_token_ms, row.last_token_ms);
  if (ms === null || row.burst_events >= row.events - 1) return { kind: "absent" };
  if (row.output_tokens === null) return { kind: "unknown" };
  const tokensAfterFirst = row.output_tokens - (row.tokens_first_event ?? 1);
  if (tokensAfterFirst <= 0) return { kind: "absent" };
  return {
    kind: "known",
    ms: ms / tokensAfterFirst,
    assumesOneToken: row.tokens_first_event === null && !oneTokenPerEvent(row),
  };
}

/** Every event carries at least one token, so as many tokens as events means one in each. */
export function oneTokenPerEvent(row: RequestRow): boolean {
  return row.token_source === "server" && row.output_tokens === row.events;
}

function between(startMs: number | null, endMs: number | null): number | null {
  return startMs === null || endMs === null ? null : endMs - startMs;
}
