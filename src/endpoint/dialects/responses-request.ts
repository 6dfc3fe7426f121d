/** Requests of OpenAI's responses, read. */
import type { Interruptible } from "../../interruptible.ts";
import { toolChoiceOf } from "./chat-request.ts";
import {
  contentParts,
  type DecodedRequest,
  textsOfContent,
  toolResult,
  type Turn,
  turnsOf,
} from "./decoded-request.ts";
import { countOf, isRecord, recordsOf, textOf, textOrNull } from "./read-json.ts";

export function* readResponsesRequest(body: Record<string, unknown>): Interruptible<DecodedRequest> {
  const { input } = body;
  const items = typeof input === "string" ? [{ role: "user", content: input }] : recordsOf(input);
  const isSystem = ({ role }: Record<string, unknown>) => role === "system" || role === "developer";
  const firstTurn = items.findIndex((item) => !isSystem(item));
  const head = items.slice(0, firstTurn < 0 ? items.length : firstTurn);
  const instructions = contentParts(body["instructions"]);
  const tools = recordsOf(body["tools"]);
  const kept = body["conversation"];
  return {
    model: textOrNull(body["model"]),
    stream: body["stream"] === true,
    toolsOffered: tools.length,
    toolChoice: toolChoiceOf(body["tool_choice"]),
    maxOutputTokens: countOf(body["max_output_tokens"]),
    messages: items.length,
    system: [
      ...(instructions.length > 0 ? [instructions] : []),
      ...head.map((item: Record<string, unknown>) => contentParts(item["content"])),
      ...(tools.length > 0 ? [tools] : []),
    ],
    turns: yield* turnsOf(items.slice(head.length), turnOf),
    previousReply: textOrNull(body["previous_response_id"]),
    keptConversation: textOrNull(isRecord(kept) ? kept["id"] : kept),
  };
}

function turnOf(item: Record<string, unknown>): Turn {
  const { role, call_id: callId } = item;
  const type = textOf(item["type"]);
  if (role === "assistant") return { by: "assistant", texts: textsOfContent(item["content"]), calls: [] };
  if (type.endsWith("_call_output")) {
    const id = textOrNull(callId);
    return { by: "tool", content: [id, contentParts(item["output"])], results: [toolResult(id, item["output"])] };
  }
  if (type.endsWith("_call") && typeof callId === "string") {
    const name = textOrNull(item["name"]) ?? type;
    return {
      by: "assistant",
      texts: [],
      calls: [{ id: callId, name, input: item["arguments"] ?? item["input"] ?? "" }],
    };
  }
  // Reasoning, and calls that the server itself ran: the assistant's, and not said to anybody.
  if (role === undefined && type !== "" && type !== "message") return { by: "assistant", texts: [], calls: [] };
  return {
    by: role === "user" ? "user" : "other",
    content: [textOf(role), contentParts(item["content"])],
    results: [],
  };
}
