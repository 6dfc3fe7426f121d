/** What chat and completions share on the wire. */
import type { FinishReason } from "../../runs/schemas/request.ts";
import { type DecodedEvent, emptyEvent, type RequestSettings, type Usage } from "./dialect.ts";
import { countOf, isRecord, recordsOf } from "./read-json.ts";

/**
 * The members that both APIs take. `min_tokens` and `ignore_eos` are vLLM's and SGLang's names (llama.cpp knows the
 * second); servers that do not know a member ignore it, as OpenAI's own does not: --body can set it to null, which takes
 * it out.
 */
export function commonBody(settings: RequestSettings): Record<string, unknown> {
  const { model, outputTokens, streamUsage } = settings;
  return {
    model,
    stream: true,
    ...(streamUsage ? { stream_options: { include_usage: true } } : {}),
    ...(outputTokens === null ? {} : { max_tokens: outputTokens, min_tokens: outputTokens, ignore_eos: true }),
  };
}

/** --body is merged in: its members win, and null takes one out. */
export function mergeBody(
  base: Record<string, unknown>,
  extra: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...base, ...extra }).filter(([, value]) => value !== null));
}

/** The parts of an event that do not depend on the API, with nothing said yet. */
export function decodeEnvelope(event: Record<string, unknown>): DecodedEvent {
  const decoded = emptyEvent();
  decoded.usage = decodeUsage(event["usage"]);
  decoded.failed = saysFailure(event);
  return decoded;
}

/** Every choice of an event; with `n` above 1 there can be several. */
export function choicesOf(event: Record<string, unknown>): readonly Record<string, unknown>[] {
  return recordsOf(event["choices"]);
}

export function decodeFinishReason(value: unknown): FinishReason | null {
  if (typeof value !== "string") return null;
  return finishReasons.get(value) ?? "other";
}

/** A map: a server's word may be the name of something that every object has. */
const finishReasons: ReadonlyMap<string, FinishReason> = new Map([
  ["stop", "stop"],
  ["length", "length"],
  ["tool_calls", "tool_calls"],
  ["function_call", "tool_calls"],
  ["content_filter", "content_filter"],
  ["abort", "abort"],
  ["error", "error"],
]);

/** An error where a reply should be. */
export function saysFailure(event: Record<string, unknown>): boolean {
  return isRecord(event["error"]) || typeof event["error"] === "string" || event["object"] === "error";
}

function decodeUsage(value: unknown): Usage | null {
  if (!isRecord(value)) return null;
  const inputTokens = countOf(value["prompt_tokens"]);
  const outputTokens = countOf(value["completion_tokens"]);
  if (inputTokens === null || outputTokens === null) return null;
  return {
    inputTokens,
    outputTokens,
    cachedTokens: detailOf(value["prompt_tokens_details"], "cached_tokens"),
    reasoningTokens: detailOf(value["completion_tokens_details"], "reasoning_tokens"),
  };
}

/** A count within the details of a usage. */
export function detailOf(details: unknown, name: string): number | null {
  return isRecord(details) ? countOf(details[name]) : null;
}
