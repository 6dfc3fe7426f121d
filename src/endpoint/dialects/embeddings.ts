/** Replies of OpenAI's embeddings: POST /embeddings. They are never streamed, and have no output tokens. */
import { type DecodedEvent, emptyEvent, type ReplyReader } from "./dialect.ts";
import { saysFailure } from "./openai-common.ts";
import { countOf, isRecord } from "./read-json.ts";

export const embeddingsReplies: ReplyReader = { stream: () => decode, whole: decode };

function decode(data: unknown): DecodedEvent {
  if (!isRecord(data)) throw new TypeError("an embeddings reply is not an object");
  const usage = isRecord(data["usage"]) ? data["usage"] : {};
  const inputTokens = countOf(usage["prompt_tokens"]);
  return {
    ...emptyEvent(),
    usage:
      inputTokens === null
        ? null
        : {
            inputTokens,
            outputTokens: countOf(usage["completion_tokens"]),
            cachedTokens: null,
            reasoningTokens: null,
          },
    failed: saysFailure(data),
    ended: Array.isArray(data["data"]),
  };
}
