/** One request's outcome as the row that is kept: moments from the run's start, counts with their source. Pure. */
import type { StreamOutcome } from "../endpoint/stream-outcome.ts";
import type { TokenEvents } from "../endpoint/token-events.ts";
import type { RequestRow } from "../runs/schemas/request.ts";

/** What the schedule knew about the request before it was sent. */
export interface Wanted {
  id: number;
  level: number;
  phase: "warmup" | "measured";
  /** Monotonic milliseconds. */
  intendedMs: number;
  outputTokens: number | null;
}

/** `zeroMs` is the run's start on the monotonic clock. */
export function rowOf(wanted: Wanted, outcome: StreamOutcome, zeroMs: number): RequestRow {
  const since = (ms: number | null) => (ms === null ? null : microseconds(ms - zeroMs));
  const { usage, tokenEvents } = outcome;
  const firstTokens = tokenEvents.tokensAt(0);
  return {
    ...identityOf(wanted, zeroMs),
    connect_start_ms: since(outcome.connectStartMs),
    connected_ms: since(outcome.connectedMs),
    sent_ms: since(outcome.sentMs),
    first_byte_ms: since(outcome.firstByteMs),
    first_token_ms: since(outcome.firstTokenMs),
    first_content_ms: since(outcome.firstContentMs),
    first_reasoning_ms: since(outcome.firstReasoningMs),
    first_tool_ms: since(outcome.firstToolMs),
    last_token_ms: since(outcome.lastTokenMs),
    end_ms: since(outcome.endMs),
    input_tokens: usage?.inputTokens ?? null,
    output_tokens: usage?.outputTokens ?? null,
    cached_tokens: usage?.cachedTokens ?? null,
    reasoning_tokens: usage?.reasoningTokens ?? null,
    token_source: usage === null ? "none" : "server",
    events: tokenEvents.length,
    tokens_first_event: firstTokens > 0 ? firstTokens : null,
    burst_events: outcome.burstEvents,
    gap: gapsOf(tokenEvents),
    finish_reason: outcome.finishReason,
    status: outcome.status,
    error: outcome.error === null ? null : { kind: outcome.error.kind, http_status: outcome.error.httpStatus },
  };
}

/** A request that the schedule wanted and that was never sent. */
export function rowOfNotSent(wanted: Wanted, zeroMs: number): RequestRow {
  return {
    ...identityOf(wanted, zeroMs),
    connect_start_ms: null,
    connected_ms: null,
    sent_ms: null,
    first_byte_ms: null,
    first_token_ms: null,
    first_content_ms: null,
    first_reasoning_ms: null,
    first_tool_ms: null,
    last_token_ms: null,
    end_ms: null,
    input_tokens: null,
    output_tokens: null,
    cached_tokens: null,
    reasoning_tokens: null,
    token_source: "none",
    events: 0,
    tokens_first_event: null,
    burst_events: 0,
    gap: null,
    finish_reason: null,
    status: "not_sent",
    error: null,
  };
}

function identityOf(wanted: Wanted, zeroMs: number) {
  const { id, level, phase, intendedMs, outputTokens } = wanted;
  return {
    id,
    session: id,
    turn: 0,
    phase,
    level,
    worker: 0,
    intended_ms: microseconds(intendedMs - zeroMs),
    wanted_output_tokens: outputTokens,
  };
}

function gapsOf(events: TokenEvents): RequestRow["gap"] {
  if (events.length < 2) return null;
  const gaps = new Float64Array(events.length - 1);
  for (let i = 0; i < gaps.length; i++) gaps[i] = events.msAt(i + 1) - events.msAt(i);
  gaps.sort();
  // The inverse of the empirical distribution, as in docs/metrics.md.
  const at = (q: number) => microseconds(gaps[Math.ceil(q * gaps.length) - 1] as number);
  return { p50: at(0.5), p95: at(0.95), max: at(1), count: gaps.length };
}

/** Whole microseconds, in milliseconds: finer is below what the clock and the event loop can tell. */
function microseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
