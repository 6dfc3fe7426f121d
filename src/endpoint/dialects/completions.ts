/** OpenAI completions: POST /completions. */
import type { DecodedEvent, Dialect, PromptContent, ReplyReader } from "./dialect.ts";
import { choicesOf, commonBody, decodeEnvelope, decodeFinishReason, mergeBody } from "./openai-common.ts";
import { isRecord } from "./read-json.ts";

export const completions: Dialect = {
  path: "/completions",

  encode(prompt, settings) {
    return mergeBody({ ...commonBody(settings), prompt: textOf(prompt) }, settings.body);
  },

  decode,
};

/** A whole reply has the members of an event. */
export const completionsReplies: ReplyReader = { stream: () => decode, whole: decode };

function decode(data: unknown): DecodedEvent {
  if (!isRecord(data)) throw new TypeError("a completion is not an object");
  const event = decodeEnvelope(data);
  for (const choice of choicesOf(data)) {
    event.finishReason ??= decodeFinishReason(choice["finish_reason"]);
    if (typeof choice["text"] === "string") event.content += choice["text"];
  }
  return event;
}

/** Messages as one text: their contents, a blank line between. No chat template is applied: that is what chat is for. */
function textOf(prompt: PromptContent): string {
  if (prompt.kind === "text") return prompt.text;
  return prompt.messages
    .map((message) => (typeof message["content"] === "string" ? message["content"] : ""))
    .join("\n\n");
}
