/** Requests of OpenAI's chat completions, read. */
import type { Interruptible } from "../../interruptible.ts";
import {
  type AssistantTurn,
  contentParts,
  type DecodedRequest,
  textsOfContent,
  toolResult,
  type Turn,
  turnsOf,
} from "./decoded-request.ts";
import { countOf, isRecord, recordsOf, textOf, textOrNull } from "./read-json.ts";

export function* readChatRequest(body: Record<string, unknown>): Interruptible<DecodedRequest> {
  const messages = recordsOf(body["messages"]);
  const isSystem = ({ role }: Record<string, unknown>) => role === "system" || role === "developer";
  const firstTurn = messages.findIndex((message) => !isSystem(message));
  const head = messages.slice(0, firstTurn < 0 ? messages.length : firstTurn);
  // `functions` is the form before tools.
  const tools = [...recordsOf(body["tools"]), ...recordsOf(body["functions"])];
  return {
    model: textOrNull(body["model"]),
    stream: body["stream"] === true,
    toolsOffered: tools.length,
    toolChoice: toolChoiceOf(body["tool_choice"]),
    maxOutputTokens: countOf(body["max_completion_tokens"]) ?? countOf(body["max_tokens"]),
    messages: messages.length,
    system: [...head.map(({ content }) => contentParts(content)), ...(tools.length > 0 ? [tools] : [])],
    turns: yield* turnsOf(messages.slice(head.length), turnOf),
    previousReply: null,
    keptConversation: null,
  };
}

function turnOf(message: Record<string, unknown>): Turn {
  const { role, content } = message;
  if (role === "assistant") return assistantTurn(message);
  if (role === "tool" || role === "function") {
    const id = textOrNull(message["tool_call_id"]);
    return { by: "tool", content: [id, contentParts(content)], results: [toolResult(id, content)] };
  }
  return { by: role === "user" ? "user" : "other", content: [textOf(role), contentParts(content)], results: [] };
}

function assistantTurn(message: Record<string, unknown>): AssistantTurn {
  const old = isRecord(message["function_call"]) ? [{ function: message["function_call"] }] : [];
  const calls = [...recordsOf(message["tool_calls"]), ...old].map((call: Record<string, unknown>) => {
    const called = isRecord(call["function"]) ? call["function"] : isRecord(call["custom"]) ? call["custom"] : {};
    return {
      id: textOrNull(call["id"]),
      name: textOrNull(called["name"]),
      input: called["arguments"] ?? called["input"] ?? "",
    };
  });
  const refusal = textOrNull(message["refusal"]);
  return {
    by: "assistant",
    texts: [...textsOfContent(message["content"]), ...(refusal === null ? [] : [refusal])],
    calls,
  };
}

/** As chat and responses write it: a word, or an object that names a tool or a set of allowed ones. */
export function toolChoiceOf(choice: unknown): DecodedRequest["toolChoice"] {
  if (choice === "auto" || choice === "none" || choice === "required") return choice;
  if (!isRecord(choice)) return null;
  if (choice["type"] !== "allowed_tools") return "named";
  const allowed = isRecord(choice["allowed_tools"]) ? choice["allowed_tools"] : choice;
  return allowed["mode"] === "required" ? "required" : "auto";
}
