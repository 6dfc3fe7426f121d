/** OpenAI chat completions: POST /chat/completions. */
import type { Dialect } from "./dialect.ts";
import { choicesOf, commonBody, decodeEnvelope, decodeFinishReason, isRecord, mergeBody } from "./openai-common.ts";

export const chat: Dialect = {
  path: "/chat/completions",

  encode(prompt, settings) {
    const messages = prompt.kind === "messages" ? prompt.messages : [{ role: "user", content: prompt.text }];
    return mergeBody({ ...commonBody(settings), messages }, settings.body);
  },

  decode(data) {
    if (!isRecord(data)) throw new TypeError("a chat completion event is not an object");
    const event = decodeEnvelope(data);
    for (const choice of choicesOf(data)) {
      event.finishReason ??= decodeFinishReason(choice["finish_reason"]);
      const delta = choice["delta"];
      if (!isRecord(delta)) continue;
      event.content += text(delta["content"]);
      // vLLM 0.23 and later say `reasoning`; DeepSeek, SGLang and earlier vLLM say `reasoning_content`.
      event.reasoning += text(delta["reasoning_content"]) || text(delta["reasoning"]);
      const { tool_calls: toolCalls, function_call: functionCall } = delta;
      if ((Array.isArray(toolCalls) && toolCalls.length > 0) || isRecord(functionCall)) event.tool = true;
    }
    return event;
  },
};

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
