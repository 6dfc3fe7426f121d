/** Replies of Anthropic's messages: POST /messages. Named events, content in numbered blocks, no [DONE]. */
import type { FinishReason } from "../../runs/schemas/request.ts";
import { type DecodedEvent, emptyEvent, type ReplyReader, type ToolPart, type Usage } from "./dialect.ts";
import { countOf, isRecord, recordsOf, textOf, textOrNull } from "./read-json.ts";

export const messagesReplies: ReplyReader = { stream: readStream, whole };

function readStream(): (data: unknown) => DecodedEvent {
  // The counts come in two events, and the second may leave out those of the input.
  let counted: Record<string, unknown> = {};
  return (data) => {
    if (!isRecord(data)) throw new TypeError("a messages event is not an object");
    const event = emptyEvent();
    const index = countOf(data["index"]) ?? 0;
    switch (data["type"]) {
      case "message_start": {
        const message = isRecord(data["message"]) ? data["message"] : {};
        counted = isRecord(message["usage"]) ? message["usage"] : {};
        // What it gives as output tokens here is no count of what is still to come.
        event.usage = usageOf({ ...counted, output_tokens: null });
        break;
      }
      case "content_block_start":
        if (isRecord(data["content_block"])) addBlock(event, data["content_block"], index);
        break;
      case "content_block_delta":
        if (isRecord(data["delta"])) addDelta(event, data["delta"], index);
        break;
      case "message_delta": {
        if (isRecord(data["delta"])) event.finishReason = finishReasonOf(data["delta"]["stop_reason"]);
        if (!isRecord(data["usage"])) break;
        counted = { ...counted, ...data["usage"] };
        event.usage = usageOf(counted);
        break;
      }
      case "message_stop":
        event.ended = true;
        break;
      case "error":
        event.failed = true;
        break;
      default:
    }
    return event;
  };
}

function whole(data: unknown): DecodedEvent {
  if (!isRecord(data)) throw new TypeError("a message is not an object");
  const event = emptyEvent();
  event.failed = data["type"] === "error";
  for (const [index, block] of recordsOf(data["content"]).entries()) addBlock(event, block, index);
  event.finishReason = finishReasonOf(data["stop_reason"]);
  event.usage = isRecord(data["usage"]) ? usageOf(data["usage"]) : null;
  event.ended = data["type"] === "message";
  return event;
}

function addBlock(event: DecodedEvent, block: Record<string, unknown>, index: number): void {
  if (block["type"] === "text") event.content += textOf(block["text"]);
  else if (block["type"] === "thinking") event.reasoning += textOf(block["thinking"]);
  else if (block["type"] === "tool_use") {
    event.tool = true;
    event.toolParts = [...event.toolParts, toolUse(block, index)];
  } else if (block["type"] === "server_tool_use" || block["type"] === "mcp_tool_use") {
    // The model asked for it, and the server itself runs it: the agent has nothing to do.
    event.tool = true;
  }
}

/** A stream begins a block with an empty input, and gives it in pieces after that. */
function toolUse(block: Record<string, unknown>, index: number): ToolPart {
  const { input } = block;
  const given = isRecord(input) && Object.keys(input).length > 0;
  return {
    index,
    id: textOrNull(block["id"]),
    name: textOrNull(block["name"]),
    text: given ? JSON.stringify(input) : "",
    whole: false,
  };
}

function addDelta(event: DecodedEvent, delta: Record<string, unknown>, index: number): void {
  if (delta["type"] === "text_delta") event.content = textOf(delta["text"]);
  else if (delta["type"] === "thinking_delta") event.reasoning = textOf(delta["thinking"]);
  else if (delta["type"] === "input_json_delta") {
    const text = textOf(delta["partial_json"]);
    event.tool = text !== "";
    if (event.tool) event.toolParts = [{ index, id: null, name: null, text, whole: false }];
  }
}

/** Anthropic counts the input in three kinds that add up: read from the cache, written to it, and neither. */
function usageOf(usage: Record<string, unknown>): Usage | null {
  const input = countOf(usage["input_tokens"]);
  if (input === null) return null;
  const cached = countOf(usage["cache_read_input_tokens"]);
  return {
    inputTokens: input + (cached ?? 0) + (countOf(usage["cache_creation_input_tokens"]) ?? 0),
    outputTokens: countOf(usage["output_tokens"]),
    cachedTokens: cached,
    reasoningTokens: null,
  };
}

function finishReasonOf(reason: unknown): FinishReason | null {
  return typeof reason === "string" ? (finishReasons.get(reason) ?? "other") : null;
}

const finishReasons: ReadonlyMap<string, FinishReason> = new Map([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool_calls"],
  ["refusal", "content_filter"],
]);
