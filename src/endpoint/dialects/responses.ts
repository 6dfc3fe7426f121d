/** Replies of OpenAI's responses: POST /responses. Named events, output in numbered items, no [DONE]. */
import type { FinishReason } from "../../runs/schemas/request.ts";
import { type DecodedEvent, emptyEvent, type ReplyReader, type ToolPart, type Usage } from "./dialect.ts";
import { detailOf, saysFailure } from "./openai-common.ts";
import { countOf, isRecord, recordsOf, textOf, textOrNull } from "./read-json.ts";

export const responsesReplies: ReplyReader = { stream: readStream, whole };

function readStream(): (data: unknown) => DecodedEvent {
  let callsTools = false;
  return (data) => {
    if (!isRecord(data)) throw new TypeError("a responses event is not an object");
    const event = emptyEvent();
    const type = textOf(data["type"]);
    const index = countOf(data["output_index"]) ?? 0;
    if (textDeltas.has(type)) event.content = textOf(data["delta"]);
    else if (reasoningDeltas.has(type)) event.reasoning = textOf(data["delta"]);
    else if (argumentDeltas.has(type)) {
      const text = textOf(data["delta"]);
      event.tool = text !== "";
      if (event.tool) event.toolParts = [{ index, id: null, name: null, text, whole: false }];
    } else if (type === "response.output_item.added" || type === "response.output_item.done") {
      const part = isRecord(data["item"]) ? toolPartOf(data["item"], index) : null;
      if (part !== null) {
        callsTools = true;
        event.tool = type === "response.output_item.added";
        event.toolParts = [part];
      }
    } else if (endings.has(type) || type === "response.created") {
      const response = isRecord(data["response"]) ? data["response"] : {};
      event.replyId = textOrNull(response["id"]);
      if (type !== "response.created") end(event, response, callsTools);
    } else if (type === "error" || (type === "" && saysFailure(data))) event.failed = true;
    return event;
  };
}

const textDeltas = new Set(["response.output_text.delta", "response.refusal.delta"]);
const reasoningDeltas = new Set(["response.reasoning_text.delta", "response.reasoning_summary_text.delta"]);
const argumentDeltas = new Set(["response.function_call_arguments.delta", "response.custom_tool_call_input.delta"]);
const endings = new Set(["response.completed", "response.incomplete", "response.failed", "response.cancelled"]);

function whole(data: unknown): DecodedEvent {
  if (!isRecord(data)) throw new TypeError("a response is not an object");
  const event = emptyEvent();
  for (const [index, item] of recordsOf(data["output"]).entries()) {
    const part = toolPartOf(item, index);
    if (part !== null) event.toolParts = [...event.toolParts, part];
    else if (item["type"] === "message") event.content += textsOf(item["content"]);
    else if (item["type"] === "reasoning") event.reasoning += textsOf(item["content"]) || textsOf(item["summary"]);
  }
  event.tool = event.toolParts.length > 0;
  event.replyId = textOrNull(data["id"]);
  event.failed = saysFailure(data);
  if (!event.failed) end(event, data, event.tool);
  return event;
}

function end(event: DecodedEvent, response: Record<string, unknown>, callsTools: boolean): void {
  const { status } = response;
  event.failed = status === "failed";
  event.finishReason = finishReasonOf(response, callsTools);
  event.usage = usageOf(response["usage"]);
  event.ended = true;
}

function finishReasonOf(response: Record<string, unknown>, callsTools: boolean): FinishReason | null {
  const { status, incomplete_details: details } = response;
  if (status === "completed") return callsTools ? "tool_calls" : "stop";
  if (status === "incomplete") {
    const reason = isRecord(details) ? details["reason"] : null;
    return reason === "max_output_tokens" ? "length" : reason === "content_filter" ? "content_filter" : "other";
  }
  return status === "cancelled" ? "abort" : status === "failed" ? "error" : null;
}

/** Calls that the agent has to answer have an id for it; what the server runs itself has none. */
function toolPartOf(item: Record<string, unknown>, index: number): ToolPart | null {
  const { type, call_id: id, name } = item;
  if (typeof type !== "string" || !type.endsWith("_call") || typeof id !== "string") return null;
  const text = textOf(item["arguments"]) || textOf(item["input"]);
  return { index, id, name: textOrNull(name) ?? type, text, whole: text !== "" };
}

function textsOf(parts: unknown): string {
  return recordsOf(parts)
    .map((part) => textOf(part["text"]) || textOf(part["refusal"]))
    .join("");
}

function usageOf(usage: unknown): Usage | null {
  if (!isRecord(usage)) return null;
  const inputTokens = countOf(usage["input_tokens"]);
  if (inputTokens === null) return null;
  return {
    inputTokens,
    outputTokens: countOf(usage["output_tokens"]),
    cachedTokens: detailOf(usage["input_tokens_details"], "cached_tokens"),
    reasoningTokens: detailOf(usage["output_tokens_details"], "reasoning_tokens"),
  };
}
