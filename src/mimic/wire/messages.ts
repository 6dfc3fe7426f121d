/** POST /v1/messages: Anthropic's Messages API. Named events, content in numbered blocks, no [DONE]. */
import type { ApiError } from "../api-error.ts";
import type { Behaviour } from "../behaviour.ts";
import { type Piece, piecesOf } from "../reply.ts";
import { chatTokens, type TemplateMessage, tokenise } from "../tokens.ts";
import type { Api, Ask, Finish, Frame, JsonObject, ReplyContext, StreamEncoder, Usage } from "./api.ts";
import { badField, isObject, readCount, readFlag, readText } from "./read.ts";
import { chooseTool, type ToolOffer, toolNames } from "./tools.ts";

export const messages: Api = { path: "/v1/messages", read, whole, stream, errorBody };

function read(body: JsonObject, behaviour: Behaviour): Ask {
  const maxTokens = readCount(body, "max_tokens", 1);
  if (maxTokens === null) throw badField("max_tokens", "is required");
  const given = body["messages"];
  if (!Array.isArray(given) || given.length === 0) throw badField("messages", "must be a list that is not empty");
  const turns = given.map(readTurn);
  const system = readText(body["system"], "system");
  if (system !== "") turns.unshift({ role: "system", text: system });
  const tools = body["tools"] === undefined ? [] : tokenise(JSON.stringify(body["tools"]));
  const streams = readFlag(body, "stream");
  return {
    stream: streams,
    includeUsage: streams,
    usageOnEveryEvent: false,
    inputTokens: [...tools, ...chatTokens(turns)],
    maxTokens,
    minTokens: readCount(body, "min_tokens") ?? 0,
    ignoreEos: readFlag(body, "ignore_eos"),
    body,
    tool: chooseTool(
      { names: toolNames(body["tools"]), choice: readChoice(body), answered: endsWithResult(given.at(-1)) },
      behaviour,
    ),
  };
}

function readTurn(turn: unknown, i: number): TemplateMessage {
  if (!isObject(turn) || (turn["role"] !== "user" && turn["role"] !== "assistant"))
    throw badField(`messages[${i}].role`, "must be user or assistant");
  const { content } = turn;
  if (!Array.isArray(content)) return { role: turn["role"], text: readText(content, `messages[${i}].content`) };
  const texts = content.map((block: unknown) => {
    if (!isObject(block)) return "";
    if (block["type"] === "tool_use") return JSON.stringify(block["input"]);
    return readText(block["type"] === "tool_result" ? block["content"] : block["text"], `messages[${i}].content`);
  });
  return { role: turn["role"], text: texts.join("\n") };
}

function endsWithResult(turn: unknown): boolean {
  const content: unknown = isObject(turn) ? turn["content"] : null;
  return Array.isArray(content) && content.some((block) => isObject(block) && block["type"] === "tool_result");
}

function readChoice(body: JsonObject): ToolOffer["choice"] {
  const choice = body["tool_choice"] ?? { type: "auto" };
  const type = isObject(choice) ? choice["type"] : null;
  if (type === "auto" || type === "none") return type;
  if (type === "any") return "required";
  if (type === "tool" && isObject(choice) && typeof choice["name"] === "string") return { name: choice["name"] };
  throw badField("tool_choice", "must be an object of type auto, any, tool or none");
}

function whole(context: ReplyContext, finish: Finish, usage: Usage | null): unknown {
  const { reply } = context;
  const content = piecesOf(reply, 0, reply.outputTokens).map((piece) => blockOf(context, piece, piece.text));
  return {
    ...message(context, content),
    stop_reason: stopReason(context, finish),
    ...(usage && { usage: usageBody(usage) }),
  };
}

function stream(context: ReplyContext): StreamEncoder {
  let index = -1;
  const event = (type: string, more: JsonObject = {}, tokens = 0): Frame => ({
    event: type,
    data: { type, ...more },
    tokens,
  });
  const inputUsage = () =>
    usageBody({
      ...{ inputTokens: context.ask.inputTokens.length, cachedTokens: context.cachedTokens },
      ...{ outputTokens: 1, reasoningTokens: 0 },
    });
  return {
    open: () => [
      event("message_start", {
        message: {
          ...message(context, []),
          stop_reason: null,
          ...(context.behaviour.usage !== "never" && { usage: inputUsage() }),
        },
      }),
      event("ping"),
    ],
    piece(piece) {
      const frames: Frame[] = [];
      if (piece.first) {
        index++;
        const block = { index, content_block: blockOf(context, piece, "") };
        frames.push(event("content_block_start", block, piece.text === "" ? piece.tokens : 0));
      }
      if (piece.text !== "") frames.push(event("content_block_delta", { index, delta: deltaOf(piece) }, piece.tokens));
      if (piece.last && piece.section.kind === "reasoning")
        frames.push(
          event("content_block_delta", { index, delta: { type: "signature_delta", signature: signature(context) } }),
        );
      if (piece.last) frames.push(event("content_block_stop", { index }));
      return frames;
    },
    close: (finish, usage) => [
      event("message_delta", {
        delta: { stop_reason: stopReason(context, finish), stop_sequence: null },
        ...(usage && { usage: usageBody(usage) }),
      }),
    ],
    end: () => [event("message_stop")],
    fail: (error) => [{ event: "error", data: errorBody(error) }],
  };
}

function message({ reply, model }: ReplyContext, content: readonly JsonObject[]): JsonObject {
  return { id: `msg_${reply.id}`, type: "message", role: "assistant", model, content, stop_sequence: null };
}

function blockOf(context: ReplyContext, { section }: Piece, text: string): JsonObject {
  if (section.kind === "content") return { type: "text", text };
  if (section.kind === "reasoning")
    return { type: "thinking", thinking: text, signature: text === "" ? "" : signature(context) };
  const input: unknown = text === "" ? {} : JSON.parse(text);
  return { type: "tool_use", id: `toolu_${context.reply.id.slice(0, 24)}`, name: section.name, input };
}

function deltaOf({ section, text }: Piece): JsonObject {
  if (section.kind === "content") return { type: "text_delta", text };
  if (section.kind === "reasoning") return { type: "thinking_delta", thinking: text };
  return { type: "input_json_delta", partial_json: text };
}

/** Opaque to clients, who send it back as it is. */
function signature({ reply }: ReplyContext): string {
  return `mimic${reply.id}`;
}

function stopReason({ reply }: ReplyContext, finish: Finish): string {
  if (reply.sections.at(-1)?.kind === "tool_call") return "tool_use";
  return finish === "length" ? "max_tokens" : "end_turn";
}

/** Input tokens are those that were not in the cache: the three kinds add up to the prompt. */
function usageBody(usage: Usage): JsonObject {
  return {
    input_tokens: usage.inputTokens - usage.cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cachedTokens,
    output_tokens: usage.outputTokens,
  };
}

function errorBody(error: ApiError): JsonObject {
  return { type: "error", error: { type: errorTypes[error.status] ?? "api_error", message: error.message } };
}

const errorTypes: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
};
