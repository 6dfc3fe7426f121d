import "./without-code-generation.ts";
import * as z from "zod";

export const REQUEST_SCHEMA = "inferguard-request/v1";

/** Why a request failed. Public: `inferguard report`, `compare` and scripts branch on these words. */
export const errorKinds = [
  "refused",
  "dns",
  "connect_timeout",
  "tls",
  "reset",
  "request_timeout",
  "idle_timeout",
  "http_4xx",
  "http_5xx",
  "rate_limited",
  "redirect",
  "not_a_stream",
  "server_error_in_stream",
  "malformed_stream",
  "truncated_stream",
  "empty_response",
  "cancelled",
  "posture_denied",
] as const;
export const errorKindSchema = z.enum(errorKinds);
export type ErrorKind = z.infer<typeof errorKindSchema>;

/** What the server said of the end, from a closed list: a server's free text never reaches a file. */
export const finishReasons = ["stop", "length", "tool_calls", "content_filter", "abort", "error", "other"] as const;
export const finishReasonSchema = z.enum(finishReasons);
export type FinishReason = z.infer<typeof finishReasonSchema>;

const time = z.number().nullable();
const tokens = z.number().int().nonnegative().nullable();

/**
 * One POST, or one that was wanted and not sent. Every `_ms` is milliseconds from the run's start on the monotonic
 * clock; null means that the moment did not happen.
 */
export const requestRowSchema = z.object({
  /** Counts from 0 in the order in which requests were wanted, over the whole run. */
  id: z.number().int(),
  session: z.number().int(),
  turn: z.number().int(),
  phase: z.enum(["warmup", "measured"]),
  /** Index of the load level in the plan. */
  level: z.number().int(),
  worker: z.number().int(),
  /** When the schedule wanted it sent. */
  intended_ms: z.number(),
  /** Null when the connection was reused. */
  connect_start_ms: time,
  connected_ms: time,
  /** The write of the first request byte on a connected socket. */
  sent_ms: time,
  /** The first byte of the response's head. */
  first_byte_ms: time,
  /** The first event that carries a token of any kind; an empty role event is not one. */
  first_token_ms: time,
  first_content_ms: time,
  first_reasoning_ms: time,
  first_tool_ms: time,
  last_token_ms: time,
  /** The last byte of the body, or the moment of the failure. */
  end_ms: time,
  input_tokens: tokens,
  output_tokens: tokens,
  cached_tokens: tokens,
  reasoning_tokens: tokens,
  token_source: z.enum(["server", "tokenizer", "none"]),
  wanted_output_tokens: tokens,
  /** Events that carried a token. */
  events: z.number().int(),
  /** Null when the server did not say how many tokens the first of them carried. */
  tokens_first_event: tokens,
  /** Token events that came out of the same read as the one before them, and so share its time stamp. */
  burst_events: z.number().int(),
  /** Time between token events, milliseconds. Null with fewer than two. */
  gap: z.object({ p50: z.number(), p95: z.number(), max: z.number(), count: z.number().int() }).nullable(),
  finish_reason: finishReasonSchema.nullable(),
  status: z.enum(["ok", "error", "cancelled", "not_sent"]),
  error: z.object({ kind: errorKindSchema, http_status: z.number().int().nullable() }).nullable(),
});
export type RequestRow = z.infer<typeof requestRowSchema>;
