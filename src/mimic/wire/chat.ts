/** POST /v1/chat/completions: OpenAI's Chat Completions API with vLLM's additions (min_tokens, ignore_eos, reasoning). */
import { errorBody } from "../api-error.ts";
import type { Behaviour } from "../behaviour.ts";
import { type Piece, piecesOf } from "../reply.ts";
import { chatTokens, tokenise } from "../tokens.ts";
import type { Api, Ask, Finish, Frame, JsonObject, ReplyContext, StreamEncoder, Usage } from "./api.ts";
import { badField, isObject, readCount, readFlag, readText, refuseSeveral } from "./read.ts";
import { done, readStreamOptions, usageBody } from "./stream-options.ts";
import { chooseTool, type ToolOffer, toolNames } from "./tools.ts";

export const chat: Api = { path: "/v1/chat/completions", read, whole, stream, errorBody };

function read(body: JsonObject, behaviour: Behaviour): Ask {
  refuseSeveral(body);
  const messages = body["messages"];
  if (!Array.isArray(messages) || messages.length === 0) throw badField("messages", "must be a list that is not empty");
  const turns = messages.map((message: unknown, i) => {
    if (!isObject(message) || typeof message["role"] !== "string") throw badField(`messages[${i}]`, "must have a role");
    const calls = message["tool_calls"] === undefined ? "" : JSON.stringify(message["tool_calls"]);
    return { role: message["role"], text: readText(message["content"], `messages[${i}].content`) + calls };
  });
  const tools = body["tools"] === undefined ? [] : tokenise(JSON.stringify(body["tools"]));
  return {
    ...readStreamOptions(body, behaviour),
    inputTokens: [...tools, ...chatTokens(turns)],
    maxTokens: readCount(body, "max_completion_tokens", 1) ?? readCount(body, "max_tokens", 1),
    minTokens: readCount(body, "min_tokens") ?? 0,
    ignoreEos: readFlag(body, "ignore_eos"),
    body,
    tool: chooseTool(
      { names: toolNames(body["tools"]), choice: readChoice(body), answered: turns.at(-1)?.role === "tool" },
      behaviour,
    ),
  };
}

function readChoice(body: JsonObject): ToolOffer["choice"] {
  const choice = body["tool_choice"] ?? "auto";
  if (choice === "none" || choice === "auto" || choice === "required") return choice;
  const named = isObject(choice) ? choice["function"] : null;
  if (isObject(named) && typeof named["name"] === "string") return { name: named["name"] };
  throw badField("tool_choice", "must be none, auto, required or a function");
}

function whole(context: ReplyContext, finish: Finish, usage: Usage | null): unknown {
  const { reply } = context;
  const message: Record<string, unknown> = { role: "assistant", content: null };
  for (const piece of piecesOf(reply, 0, reply.outputTokens)) {
    if (piece.section.kind === "content") message["content"] = piece.text;
    else if (piece.section.kind === "reasoning") message[context.behaviour.reasoningField] = piece.text;
    else message["tool_calls"] = [toolCall(context, piece)];
  }
  return {
    ...header(context, "chat.completion"),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(context, finish), stop_reason: null }],
    ...(usage && { usage: usageBody(usage) }),
  };
}

function stream(context: ReplyContext): StreamEncoder {
  const event = (choices: unknown[], usage: Usage | null, tokens = 0): Frame => ({
    data: { ...header(context, "chat.completion.chunk"), choices, ...(usage && { usage: usageBody(usage) }) },
    tokens,
  });
  const choice = (delta: JsonObject, finish: Finish | null) => ({
    ...{ index: 0, delta, logprobs: null },
    finish_reason: finish && finishReason(context, finish),
  });
  return {
    open: () => [event([choice({ role: "assistant", content: "" }, null)], null)],
    piece: (piece, finish, usage) => [event([choice(deltaOf(context, piece), finish)], usage, piece.tokens)],
    close: (_finish, usage) => (usage === null ? [] : [event([], usage)]),
    end: () => [done],
    fail: (error) => [{ data: errorBody(error) }, ...(context.behaviour.done ? [done] : [])],
  };
}

function header({ reply, model }: ReplyContext, object: string): JsonObject {
  return { id: `chatcmpl-${reply.id}`, object, created: reply.created, model };
}

/** A tool call ends as one whatever its length, as in vLLM. */
function finishReason({ reply }: ReplyContext, finish: Finish): string {
  return reply.sections.at(-1)?.kind === "tool_call" ? "tool_calls" : finish;
}

function deltaOf(context: ReplyContext, piece: Piece): JsonObject {
  if (piece.section.kind === "content") return { content: piece.text };
  if (piece.section.kind === "reasoning") return { [context.behaviour.reasoningField]: piece.text };
  if (piece.first) return { tool_calls: [{ ...toolCall(context, piece), index: 0 }] };
  return { tool_calls: [{ index: 0, function: { arguments: piece.text } }] };
}

function toolCall({ reply }: ReplyContext, piece: Piece): JsonObject {
  return {
    id: `call_${reply.id.slice(0, 24)}`,
    type: "function",
    function: { name: piece.section.name, arguments: piece.text },
  };
}
