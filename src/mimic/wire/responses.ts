/** POST /v1/responses: OpenAI's Responses API. Its streams have named events, numbered, and no [DONE]. */
import { errorBody } from "../api-error.ts";
import type { Behaviour } from "../behaviour.ts";
import { type Piece, piecesOf } from "../reply.ts";
import { chatTokens, type TemplateMessage, tokenise } from "../tokens.ts";
import type { Api, Ask, Finish, Frame, JsonObject, ReplyContext, StreamEncoder, Usage } from "./api.ts";
import { badField, isObject, readCount, readFlag, readText } from "./read.ts";
import { type ItemState, responsesItem } from "./responses-item.ts";
import { chooseTool, type ToolOffer, toolNames } from "./tools.ts";

export const responses: Api = { path: "/v1/responses", read, whole, stream, errorBody };

function read(body: JsonObject, behaviour: Behaviour): Ask {
  const { input, instructions, tools } = body;
  const turns: TemplateMessage[] = [];
  if (instructions !== undefined && instructions !== null)
    turns.push({ role: "system", text: readText(instructions, "instructions") });
  if (typeof input === "string") turns.push({ role: "user", text: input });
  else if (Array.isArray(input) && input.length > 0) turns.push(...input.map(readItem));
  else throw badField("input", "must be text or a list of items that is not empty");
  const streams = readFlag(body, "stream");
  return {
    stream: streams,
    includeUsage: streams,
    usageOnEveryEvent: false,
    inputTokens: [...(tools === undefined ? [] : tokenise(JSON.stringify(tools))), ...chatTokens(turns)],
    maxTokens: readCount(body, "max_output_tokens", 1),
    minTokens: readCount(body, "min_tokens") ?? 0,
    ignoreEos: readFlag(body, "ignore_eos"),
    body,
    tool: chooseTool(
      { names: toolNames(tools), choice: readChoice(body), answered: turns.at(-1)?.role === "tool" },
      behaviour,
    ),
  };
}

function readItem(item: unknown, i: number): TemplateMessage {
  if (!isObject(item)) throw badField(`input[${i}]`, "must be an object");
  if (item["type"] === "function_call_output")
    return { role: "tool", text: readText(item["output"], `input[${i}].output`) };
  if (item["type"] === "function_call")
    return { role: "assistant", text: `${String(item["name"])} ${String(item["arguments"])}` };
  if (item["type"] === "reasoning") return { role: "assistant", text: "" };
  if (typeof item["role"] !== "string") throw badField(`input[${i}]`, "must have a role or be a function call");
  return { role: item["role"], text: readText(item["content"], `input[${i}].content`) };
}

function readChoice(body: JsonObject): ToolOffer["choice"] {
  const choice = body["tool_choice"] ?? "auto";
  if (choice === "none" || choice === "auto" || choice === "required") return choice;
  if (isObject(choice) && typeof choice["name"] === "string") return { name: choice["name"] };
  throw badField("tool_choice", "must be none, auto, required or a function");
}

function whole(context: ReplyContext, finish: Finish, usage: Usage | null): unknown {
  const { reply } = context;
  const items = piecesOf(reply, 0, reply.outputTokens).map((piece, index) =>
    responsesItem(reply.id, piece.section, index),
  );
  return responseBody(
    context,
    finish,
    items.map((item) => item.done(finish)),
    usage,
  );
}

function stream(context: ReplyContext): StreamEncoder {
  let number = 0;
  let item: ItemState | null = null;
  const finished: JsonObject[] = [];
  const event = (type: string, more: JsonObject, tokens = 0): Frame => ({
    event: type,
    data: { type, sequence_number: number++, ...more },
    tokens,
  });

  const piece = (part: Piece, finish: Finish | null): Frame[] => {
    const frames: Frame[] = [];
    if (part.first || item === null) {
      item = responsesItem(context.reply.id, part.section, finished.length);
      for (const [type, more] of item.opening()) frames.push(event(type, more, part.text === "" ? part.tokens : 0));
    }
    const [type, more] = item.delta(part.text);
    if (part.text !== "") frames.push(event(type, more, part.tokens));
    if (!part.last) return frames;
    for (const [ending, rest] of item.closing(finish ?? "stop")) frames.push(event(ending, rest));
    finished.push(item.done(finish ?? "stop"));
    return frames;
  };

  return {
    open: () =>
      ["response.created", "response.in_progress"].map((type) =>
        event(type, { response: responseBody(context, null, [], null) }),
      ),
    piece,
    close: () => [],
    end: (finish, usage) => [
      event(finish === "length" ? "response.incomplete" : "response.completed", {
        response: responseBody(context, finish, finished, usage),
      }),
    ],
    fail: (error) => [event("error", { code: "server_error", message: error.message, param: error.param })],
  };
}

/** `finish` null while it is in progress. A length that was asked for exactly ends it as incomplete, as OpenAI does. */
function responseBody(
  { reply, model, ask }: ReplyContext,
  finish: Finish | null,
  output: readonly JsonObject[],
  usage: Usage | null,
): JsonObject {
  return {
    id: `resp_${reply.id}`,
    object: "response",
    created_at: reply.created,
    status: finish === null ? "in_progress" : finish === "length" ? "incomplete" : "completed",
    error: null,
    incomplete_details: finish === "length" ? { reason: "max_output_tokens" } : null,
    instructions: ask.body["instructions"] ?? null,
    max_output_tokens: ask.maxTokens,
    model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    tool_choice: ask.body["tool_choice"] ?? "auto",
    tools: ask.body["tools"] ?? [],
    usage: usage && usageBody(usage),
  };
}

function usageBody(usage: Usage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}
