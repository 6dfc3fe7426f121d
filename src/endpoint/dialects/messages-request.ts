/** Requests of Anthropic's messages, read. */
import type { Interruptible } from "../../interruptible.ts";
import {
  contentParts,
  type DecodedRequest,
  textsOfContent,
  toolResult,
  type Turn,
  turnsOf,
  withoutMarks,
} from "./decoded-request.ts";
import { countOf, isRecord, recordsOf, textOrNull } from "./read-json.ts";

export function* readMessagesRequest(body: Record<string, unknown>): Interruptible<DecodedRequest> {
  const messages = recordsOf(body["messages"]);
  const tools = recordsOf(body["tools"]).map(withoutMarks);
  const system = contentParts(body["system"]);
  return {
    model: textOrNull(body["model"]),
    stream: body["stream"] === true,
    toolsOffered: tools.length,
    toolChoice: toolChoiceOf(body["tool_choice"]),
    maxOutputTokens: countOf(body["max_tokens"]),
    messages: messages.length,
    system: [...(system.length > 0 ? [system] : []), ...(tools.length > 0 ? [tools] : [])],
    turns: yield* turnsOf(messages, turnOf),
    previousReply: null,
    keptConversation: null,
  };
}

function turnOf({ role, content }: Record<string, unknown>): Turn {
  if (role === "assistant") {
    const calls = recordsOf(content).filter(({ type }) => type === "tool_use");
    return {
      by: "assistant",
      texts: textsOfContent(content),
      calls: calls.map(({ id, name, input }) => ({ id: textOrNull(id), name: textOrNull(name), input })),
    };
  }
  const parts = contentParts(content);
  const isResult = (part: unknown): part is Record<string, unknown> => isRecord(part) && part["type"] === "tool_result";
  const results = parts.filter(isResult);
  const said = parts.map((part) => (isResult(part) ? { ...part, content: contentParts(part["content"]) } : part));
  return {
    by: role !== "user" ? "other" : results.length > 0 && results.length === parts.length ? "tool" : "user",
    content: [role, said],
    results: results.map((part) =>
      toolResult(textOrNull(part["tool_use_id"]), part["content"], part["is_error"] === true),
    ),
  };
}

function toolChoiceOf(choice: unknown): DecodedRequest["toolChoice"] {
  const type = isRecord(choice) ? choice["type"] : null;
  if (type === "auto" || type === "none") return type;
  return type === "any" ? "required" : type === "tool" ? "named" : null;
}
