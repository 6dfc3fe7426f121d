/** `stream` and `stream_options`, as OpenAI and vLLM define them for chat and completions. */
import type { Behaviour } from "../behaviour.ts";
import type { Ask, Frame, JsonObject, Usage } from "./api.ts";
import { badField, isObject, readFlag } from "./read.ts";

export function readStreamOptions(
  body: JsonObject,
  behaviour: Behaviour,
): Pick<Ask, "stream" | "includeUsage" | "usageOnEveryEvent"> {
  const stream = readFlag(body, "stream");
  const options = body["stream_options"] ?? null;
  if (options === null) return { stream, includeUsage: false, usageOnEveryEvent: false };
  if (behaviour.usage === "refused") throw badField("stream_options", "is not supported by this server");
  if (!isObject(options)) throw badField("stream_options", "must be an object");
  if (!stream) throw badField("stream_options", "can only be set when stream is true");
  const includeUsage = readFlag(options, "include_usage");
  return { stream, includeUsage, usageOnEveryEvent: includeUsage && readFlag(options, "continuous_usage_stats") };
}

/** Ends every stream of these two APIs. */
export const done: Frame = { data: "[DONE]" };

/** Usage as chat and completions write it. */
export function usageBody(usage: Usage): JsonObject {
  return {
    prompt_tokens: usage.inputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    completion_tokens: usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens },
    ...(usage.reasoningTokens > 0 && { completion_tokens_details: { reasoning_tokens: usage.reasoningTokens } }),
  };
}
