/** OpenAI chat completions: POST /chat/completions. */
import { type DecodedEvent, type Dialect, type ReplyReader, type ToolPart } from "./dialect.ts";
import { choicesOf, commonBody, decodeEnvelope, decodeFinishReason, mergeBody } from "./openai-common.ts";
import { countOf, isRecord, recordsOf, textOf, textOrNull } from "./read-json.ts";

export const chat: Dialect = {
  path: "/chat/completions",

  encode(prompt, settings) {
    const messages = prompt.kind === "messages" ? prompt.messages : [{ role: "user", content: prompt.text }];
    return mergeBody({ ...commonBody(settings), messages }, settings.body);
  },

  decode: (data) => decode(data, "delta"),
};

export const chatReplies: ReplyReader = { stream: () => chat.decode, whole: (data) => decode(data, "message") };

/** A whole reply has a `message` where an event of a stream has a `delta`. */
function decode(data: unknown, member: "delta" | "message"): DecodedEvent {
  if (!isRecord(data)) throw new TypeError("a chat completion is not an object");
  const event = decodeEnvelope(data);
  const choices = choicesOf(data);
  for (let place = 0; place < choices.length; place++) {
    const choice = choices[place] as Record<string, unknown>;
    event.finishReason ??= decodeFinishReason(choice["finish_reason"]);
    const said = choice[member];
    if (!isRecord(said)) continue;
    event.content += contentOf(said["content"]) || textOf(said["refusal"]);
    // vLLM 0.23 and later say `reasoning`; DeepSeek, SGLang and earlier vLLM say `reasoning_content`.
    event.reasoning += textOf(said["reasoning_content"]) || textOf(said["reasoning"]);
    const { tool_calls: toolCalls, function_call: functionCall } = said;
    if ((Array.isArray(toolCalls) && toolCalls.length > 0) || isRecord(functionCall)) {
      event.tool = true;
      event.toolParts = [...event.toolParts, ...toolPartsOf(said, countOf(choice["index"]) ?? place)];
    }
  }
  return event;
}

/** Text, or the texts of a list of parts, as some servers write it. */
function contentOf(content: unknown): string {
  if (!Array.isArray(content)) return textOf(content);
  return recordsOf(content)
    .map((part) => textOf(part["text"]))
    .join("");
}

/** No reply has so many calls that those of two choices could share an index. */
const callsPerChoice = 65_536;

function toolPartsOf(said: Record<string, unknown>, choice: number): ToolPart[] {
  const calls = recordsOf(said["tool_calls"]);
  // The form before tools: one call, without an id.
  const old = isRecord(said["function_call"]) ? [{ function: said["function_call"] }] : [];
  return [...calls, ...old].map((call: Record<string, unknown>, place) => {
    // `custom` tools take text instead of JSON.
    const called = isRecord(call["function"]) ? call["function"] : isRecord(call["custom"]) ? call["custom"] : {};
    return {
      index: choice * callsPerChoice + (countOf(call["index"]) ?? place),
      id: textOrNull(call["id"]) || null,
      name: textOrNull(called["name"]) || null,
      text: textOf(called["arguments"]) || textOf(called["input"]),
      whole: false,
    };
  });
}
